package app

// channelOwner is what stands in the Vault where secrets of Connections have its name, whose characters have no blank.
func channelOwner(channel string) string { return "alert channel " + channel }

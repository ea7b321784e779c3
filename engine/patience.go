package engine

import "time"

// Patience is how long a write that is on its way may go on after the engine was told to stop: an answer that is waited
// for is worth more than a doubt.
const Patience = 8 * time.Second

// What pages do beyond HTML, and work without: parts that are live, and keys. Nothing is fetched from elsewhere.
"use strict";
(() => {
  const parts = () => document.querySelectorAll("[data-live]");

  // A part that is live is fetched again when the server says that something changed. It changes in place, and not while somebody is in it.
  let busy = false, again = false;
  async function refresh() {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const answer = await fetch(location.href, { redirect: "error" });
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of parts()) {
        const now = fresh.querySelector(`[data-live="${CSS.escape(part.dataset.live)}"]`);
        if (!now || part.contains(document.activeElement) || part.querySelector("details[open]")) continue;
        if (part.innerHTML !== now.innerHTML) part.innerHTML = now.innerHTML;
      }
      const said = document.getElementById("announce"), title = fresh.querySelector("h1");
      const here = document.querySelector("h1");
      if (title && here && here.textContent !== title.textContent) {
        here.textContent = title.textContent;
        if (said) said.textContent = title.textContent;
      }
    } catch { /* the server is away: the stream tells when it is back */ } finally {
      busy = false;
      if (again) { again = false; setTimeout(refresh, 1000); }
    }
  }
  if (parts().length) {
    let stream = null;
    const listen = () => {
      if (document.hidden) { stream?.close(); stream = null; return; }
      if (!stream) { stream = new EventSource("/live"); stream.addEventListener("changed", refresh); }
    };
    document.addEventListener("visibilitychange", () => { listen(); if (!document.hidden) refresh(); });
    listen();
  }

  // Times that are to come are told in the reader's own zone, too, unless that is UTC.
  const zone = new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
  if (new Date().getTimezoneOffset() !== 0) for (const time of document.querySelectorAll("time.here")) {
    const here = document.createElement("b");
    here.textContent = zone.format(new Date(time.dateTime)) + " here ";
    time.before(here);
  }

  // Keys: never while somebody types, and never with another key held.
  const go = { o: "/", h: "/held", d: "/deliveries", r: "/runs", c: "/crosswalks", l: "/ledger" };
  let before = "";
  const rows = () => [...document.querySelectorAll("main tbody tr")].filter(r => r.querySelector("a[href]"));
  const dialog = document.getElementById("keyboard");
  document.addEventListener("keydown", e => {
    const at = e.target;
    if (e.ctrlKey || e.metaKey || e.altKey || at.matches("input, select, textarea, [contenteditable]")) return;
    const pending = before;
    before = "";
    const move = step => {
      const all = rows();
      if (!all.length) return;
      const now = all.findIndex(r => r.contains(document.activeElement));
      const next = all[Math.min(all.length - 1, Math.max(0, now + step))];
      next.querySelector("a[href]").focus();
      next.scrollIntoView({ block: "nearest" });
    };
    if (pending === "g" && go[e.key]) { location.href = go[e.key]; return; }
    switch (e.key) {
      case "g": before = "g"; return;
      case "/": document.getElementById("q")?.focus(); break;
      case "j": move(1); break;
      case "k": move(-1); break;
      case "r": {
        const link = (document.activeElement.closest(".cause") || document).querySelector("a[data-key=r], form[data-key=r] button");
        if (!link) return;
        link.matches("a") ? link.click() : link.focus();
        break;
      }
      case "?": dialog?.open ? dialog.close() : dialog?.showModal(); break;
      default: return;
    }
    e.preventDefault();
  });
})();

// What a host page loads: a button that opens the chat in a frame. Nothing of the chat runs in the host page, and
// nothing is fetched before somebody opens it, unless they have talked to us before.
//
//   <script src="https://desk.example.org/widget/widget.js" async></script>
//
// Attributes: data-token (a signed identity), data-language (else the browser's).
// In the page: frontdesk.open(), frontdesk.close(), frontdesk.identify(token); the event "frontdesk:expired".

(async () => {
  const script = document.currentScript;
  if (!script || window.frontdesk) return;
  const base = new URL(".", script.src);
  const { wordsFor } = await import(new URL("words.js", base).href);
  const KNOWN = "frontdesk-known"; // set in the host page's storage once somebody has opened the chat
  const KEPT = "frontdesk:"; // what begins so, the frame keeps there where it may keep nothing itself
  const NARROW = "(max-width: 480px)";
  const LOOK = `
    :host { all: initial; }
    button { position: fixed; inset: auto 16px 16px auto; z-index: 2147483000; width: 56px; height: 56px; padding: 0;
      border: 0; border-radius: 50%; background: #1f4fbf; color: #fff; cursor: pointer; box-shadow: 0 2px 10px #0005; }
    button:hover { background: #173f9c; }
    button:focus-visible { outline: 3px solid #1f4fbf; outline-offset: 3px; box-shadow: 0 0 0 3px #fff; }
    svg { width: 26px; height: 26px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round;
      vertical-align: middle; }
    .unread { position: absolute; inset: -4px -4px auto auto; min-width: 22px; padding: 0 4px; border-radius: 11px;
      box-sizing: border-box; background: #b3131b; color: #fff; font: 600 13px/22px system-ui, sans-serif; }
    [hidden] { display: none !important; }
    iframe { position: fixed; inset: auto 16px 84px auto; z-index: 2147483000; width: min(400px, calc(100vw - 32px));
      height: min(640px, calc(100vh - 100px)); border: 0; border-radius: 12px; background: Canvas;
      box-shadow: 0 6px 32px #0006; color-scheme: light dark; }
    @media ${NARROW} {
      iframe { inset: 0; width: 100vw; height: 100vh; height: 100dvh; border-radius: 0; }
      button[aria-expanded="true"] { display: none; }
    }`;

  const words = wordsFor(script.dataset.language ? [script.dataset.language] : navigator.languages);
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet(); // allowed by any style-src: no markup holds it
  sheet.replaceSync(LOOK);
  root.adoptedStyleSheets = [sheet];

  let token = script.dataset.token ?? "";
  let frame = null;
  let isOpen = false;
  let isReady = false;
  let marked = "";

  const launcher = document.createElement("button");
  launcher.type = "button";
  launcher.setAttribute("aria-haspopup", "dialog");
  const badge = document.createElement("span");
  badge.className = "unread";
  badge.hidden = true;
  launcher.append(bubble(), badge);
  root.append(launcher);
  launcher.addEventListener("click", () => (isOpen ? close() : open()));

  function bubble() {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(svg.namespaceURI, "path");
    path.setAttribute("d", "M4 5h16v11H11l-5 4v-4H4z");
    svg.append(path);
    return svg;
  }

  /** Whether the open chat hides the page. */
  const covers = () => matchMedia(NARROW).matches;

  function tell(message) {
    if (isReady) frame.contentWindow.postMessage(message, base.origin);
  }

  function load() {
    if (frame) return;
    frame = document.createElement("iframe");
    frame.title = words.title;
    frame.hidden = !isOpen;
    frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-downloads");
    frame.allow = "microphone";
    const address = new URL("chat", base);
    address.searchParams.set("site", location.origin);
    frame.src = address.href;
    root.append(frame);
  }

  function open() {
    isOpen = true;
    remember();
    load();
    frame.hidden = false;
    show(0);
    frame.focus();
    tell({ type: "open", covers: covers() });
  }

  function close() {
    isOpen = false;
    if (frame) frame.hidden = true;
    show(0);
    tell({ type: "close" });
    launcher.focus();
  }

  function show(unread) {
    const count = unread > 99 ? "99+" : String(unread);
    badge.hidden = isOpen || !unread;
    badge.textContent = count;
    mark(isOpen || !unread ? "" : `(${count}) `);
    launcher.setAttribute("aria-expanded", String(isOpen));
    launcher.setAttribute("aria-label", isOpen ? words.close : unread ? words.openUnread(unread) : words.open);
  }

  /** The number of unread messages before the page's title, whatever the page calls itself meanwhile. */
  function mark(sign) {
    const plain = document.title.startsWith(marked) ? document.title.slice(marked.length) : document.title;
    marked = sign;
    if (document.title !== sign + plain) document.title = sign + plain;
  }

  /** The page's own storage, where it has one; without, a visitor is a new one on every page. */
  function attempt(use) {
    try {
      return use(localStorage);
    } catch {
      return undefined;
    }
  }

  const remember = () => attempt((storage) => storage.setItem(KNOWN, "1"));
  const isKnown = () => (attempt((storage) => storage.getItem(KNOWN)) ?? null) !== null;

  /** What the frame lets us keep, because its browser lets it keep nothing itself. */
  function kept() {
    const entries = attempt((storage) => Object.entries(storage)) ?? [];
    return Object.fromEntries(entries.filter(([key]) => key.startsWith(KEPT)).map(([key, value]) => [key.slice(KEPT.length), value]));
  }

  function keep(key, value) {
    attempt((storage) => (value === null ? storage.removeItem(KEPT + key) : storage.setItem(KEPT + key, value)));
  }

  window.addEventListener("message", ({ origin, source, data }) => {
    if (!frame || source !== frame.contentWindow || origin !== base.origin) return;
    if (data.type === "ready") {
      isReady = true;
      tell({ type: "begin", token, language: script.dataset.language ?? "", isOpen, covers: covers(), kept: data.borrows ? kept() : {} });
    } else if (data.type === "unread") show(data.count);
    else if (data.type === "keep") keep(data.key, data.value);
    else if (data.type === "close") close();
    else if (data.type === "expired") window.dispatchEvent(new CustomEvent("frontdesk:expired"));
  });

  window.frontdesk = Object.freeze({
    open,
    close,
    identify(fresh) {
      token = fresh;
      tell({ type: "identify", token });
    },
  });

  show(0);
  const begin = () => {
    document.body.append(host);
    if (isKnown()) load();
  };
  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
})();

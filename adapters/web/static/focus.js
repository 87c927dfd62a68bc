// Where the chat covers the whole window, what lies behind is out of reach: after its last control comes its first.

const REACHABLE = "a[href], button:not([hidden]), textarea, [tabindex='0']";

/** Keep Tab within `node`. */
export function wrap(event, node) {
  if (event.key !== "Tab") return;
  const there = [...node.querySelectorAll(REACHABLE)].filter((each) => each.getClientRects().length);
  const [first, last] = [there[0], there.at(-1)];
  if (document.activeElement !== (event.shiftKey ? first : last)) return;
  event.preventDefault();
  (event.shiftKey ? last : first).focus();
}

// What the browser keeps for a visitor. Where it lets a frame keep nothing (other sites' storage is blocked), the
// host page keeps it for us; where that cannot either, the memory of this page does.

const PREFIX = "frontdesk:";
const memory = new Map();
let lend = null; // `lend(key, value)`: the host page keeps a value, or forgets it where it is null

function attempt(use) {
  try {
    return use(localStorage);
  } catch {
    return undefined;
  }
}

export const isOurs = attempt((storage) => storage.length) !== undefined;

/** Let the host page keep what we may not; `kept` is what it has already. */
export function borrow(kept, keep) {
  for (const [key, value] of Object.entries(kept)) memory.set(key, value);
  lend = keep;
}

export const get = (key) => attempt((storage) => storage.getItem(PREFIX + key)) ?? memory.get(key) ?? null;

export function set(key, value) {
  memory.set(key, value);
  attempt((storage) => storage.setItem(PREFIX + key, value));
  lend?.(key, value);
}

export function remove(key) {
  memory.delete(key);
  attempt((storage) => storage.removeItem(PREFIX + key));
  lend?.(key, null);
}

/** The keys that begin so. */
export function keys(beginning) {
  const kept = attempt((storage) => Object.keys(storage)) ?? [];
  const names = kept.filter((each) => each.startsWith(PREFIX)).map((each) => each.slice(PREFIX.length));
  return [...new Set([...names, ...memory.keys()])].filter((each) => each.startsWith(beginning));
}

/** Letters at random: 32 bytes make what nobody guesses. */
export function random(bytes) {
  const drawn = crypto.getRandomValues(new Uint8Array(bytes));
  const text = btoa(String.fromCharCode(...drawn));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// What a visitor did and the server has not acknowledged yet. It outlives the page, and is sent one at a time, in
// order, until it is acknowledged; each deed has an id, so that the server takes it once however often it comes.

import * as storage from "./storage.js";

export class Outbox {
  /** `owner` keeps the deeds of two visitors of one browser apart. */
  constructor(owner) {
    this.prefix = `outbox:${owner}:`;
    this.deeds = storage
      .keys(this.prefix)
      .map((key) => ({ key, ...JSON.parse(storage.get(key)) }))
      .sort((one, other) => one.at - other.at);
    this.awaited = null; // the key of what was sent and not acknowledged
    this.last = this.deeds.at(-1)?.at ?? 0;
  }

  /** Keep a deed. Returns it with its id. */
  add(frame) {
    const deed = { ...frame, id: storage.random(16) };
    this.last = Math.max(Date.now(), this.last + 1);
    const key = this.prefix + deed.id;
    storage.set(key, JSON.stringify({ at: this.last, deed }));
    this.deeds.push({ key, at: this.last, deed });
    return deed;
  }

  /** The deed to send now; none while another waits for its acknowledgement. */
  next() {
    if (this.awaited || !this.deeds.length) return null;
    this.awaited = this.deeds[0].key;
    return this.deeds[0].deed;
  }

  /** The connection was lost, or the server asks for patience: what was sent is sent again. */
  again() {
    this.awaited = null;
  }

  /** The server has it, or will never take it. Returns it, if it waited here. */
  settle(id) {
    const at = this.deeds.findIndex((each) => each.deed.id === id);
    if (at < 0) return null;
    const [gone] = this.deeds.splice(at, 1);
    storage.remove(gone.key);
    if (this.awaited === gone.key) this.awaited = null;
    return gone.deed;
  }

  get waiting() {
    return this.deeds.map((each) => each.deed);
  }
}

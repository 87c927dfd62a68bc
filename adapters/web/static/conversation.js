// What stands in the conversation, as far as the server has told: finished items by number, answers in the making
// beside them. The server tells every change once, in order; what comes twice changes nothing.

export class Conversation {
  constructor() {
    this.clear();
  }

  clear() {
    this.items = new Map();
    this.sights = new Map();
    this.verdicts = new Map();
    this.after = 0; // number of the newest change seen
  }

  /** A connection begins; the server goes on after number `after`. */
  resume({ after, newest }) {
    if (after !== this.after) this.clear();
    this.history = this.after === 0 ? newest : 0;
    this.sights.clear();
  }

  /** An item, or its newer version. Returns it where it is news that a person should hear. */
  put({ id, position, seq, item }) {
    if (seq <= this.after) return null;
    this.after = seq;
    if (item.by === "verdict") {
      this.verdicts.set(item.turn, item.verdict);
      return null;
    }
    this.sights.delete(id);
    this.items.set(id, { id, position, seq, ...item });
    return seq > this.history && item.by === "assistant" && !item.gone ? this.items.get(id) : null;
  }

  /** How far an answer is. */
  see({ post, doing, body }) {
    this.sights.set(post, { id: post, doing, body, isResting: false });
  }

  /** Nothing is being made any more; what was shown stays until the finished answer takes its place. */
  rest(post) {
    const sight = this.sights.get(post);
    if (sight?.body.length) sight.isResting = true;
    else this.sights.delete(post);
  }

  forget(post) {
    if (this.sights.get(post)?.isResting) this.sights.delete(post);
  }

  get isWorking() {
    return [...this.sights.values()].some((each) => !each.isResting);
  }

  /** Finished messages in order. */
  get messages() {
    return [...this.items.values()].filter((each) => !each.gone).sort((one, other) => one.position - other.position);
  }

  /** Messages of the assistant behind a position. */
  unread(position) {
    return this.messages.filter((each) => each.by === "assistant" && each.position > position).length;
  }
}

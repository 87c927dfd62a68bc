// The socket: opened again whenever it is lost, resumed after what was seen last.

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000; // milliseconds between two attempts
const QUIET = 20_000; // milliseconds of silence after which we ask whether the connection still lives
const PATIENCE = 10_000; // milliseconds that any answer may take
const UNWELCOME = 4403;
const EXPIRED = 4401;

export class Connection {
  /**
   * `hello()` makes the first frame; `heard(frame)` gets every other; `changed(state)` is told "open", "lost" and
   * "over".
   */
  constructor({ hello, heard, changed }) {
    Object.assign(this, { hello, heard, changed });
    this.socket = null;
    this.pause = FIRST_PAUSE;
    this.timer = 0;
    this.isOver = false;
    addEventListener("online", () => this.hurry());
    addEventListener("offline", () => this.check());
    document.addEventListener("visibilitychange", () => document.hidden || this.hurry());
  }

  /** Connect; where a connection stands already, anew. */
  open() {
    this.isOver = false;
    clearTimeout(this.timer);
    this.drop();
    const address = new URL("socket", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    address.search = "";
    const socket = (this.socket = new WebSocket(address));
    socket.onopen = () => this.send(this.hello());
    socket.onmessage = ({ data }) => socket === this.socket && this.receive(JSON.parse(data));
    socket.onclose = ({ code }) => socket === this.socket && this.lose(code);
    this.expect();
  }

  /** Send a frame, if there is a connection; whoever needs it to arrive keeps it until it is acknowledged. */
  send(frame) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  receive(frame) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), QUIET);
    if (frame.type === "welcome") {
      this.pause = FIRST_PAUSE;
      this.changed("open");
    }
    this.heard(frame);
  }

  lose(code) {
    clearTimeout(this.timer);
    this.socket = null;
    this.isOver = code === UNWELCOME || code === EXPIRED;
    this.changed(this.isOver ? "over" : "lost");
    if (code === EXPIRED) this.heard({ type: "unwelcome", reason: "expired" });
    if (this.isOver) return;
    this.timer = setTimeout(() => this.open(), this.pause * (0.5 + Math.random()));
    this.pause = Math.min(LONGEST_PAUSE, this.pause * 2);
  }

  /** Something has changed for the better: do not wait for the next attempt, and do not trust an old socket. */
  hurry() {
    if (this.isOver) return;
    if (this.socket) this.check();
    else this.open();
  }

  check() {
    if (!this.socket) return;
    this.send({ type: "ping" });
    this.expect();
  }

  /** A connection on which nothing comes within so long is none. */
  expect() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.drop();
      this.lose(0);
    }, PATIENCE);
  }

  drop() {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }
}

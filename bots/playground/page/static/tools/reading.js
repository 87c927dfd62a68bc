// Reading anew whenever something may have changed: once at a time, and once more for what came meanwhile.

export class Reading {
  #read;
  #element;
  #pause;
  #running = false;
  #wanted = false;

  /** `read()` runs while `element` is on the page, with at least `pause` milliseconds after each time. */
  constructor(element, read, pause = 0) {
    this.#element = element;
    this.#read = read;
    this.#pause = pause;
  }

  async soon() {
    this.#wanted = true;
    if (this.#running || !this.#element.isConnected) return;
    this.#running = true;
    while (this.#wanted) {
      this.#wanted = false;
      await this.#read();
      if (this.#pause) await new Promise((done) => setTimeout(done, this.#pause));
    }
    this.#running = false;
  }
}

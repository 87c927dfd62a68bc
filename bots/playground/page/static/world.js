// Both emulated platforms as they are now. Whoever listens hears when one of them has changed.

import { get } from "./api.js";

const PAUSE = 60; // milliseconds between two readings, so that a storm of changes does not become one of requests

class World extends EventTarget {
  state = { slack: null, telegram: null };
  connected = false;
  #wanted = new Set();
  #reading = false;

  /** Follow the changes until the page is closed; a lost connection is taken up again by the browser. */
  follow() {
    const changes = new EventSource("/playground/changes");
    changes.addEventListener("hello", () => {
      this.#connection(true);
      this.refresh("slack");
      this.refresh("telegram");
    });
    changes.addEventListener("error", () => this.#connection(false));
    for (const platform of ["slack", "telegram"]) {
      changes.addEventListener(platform, (event) => this.#changed(platform, JSON.parse(event.data)));
    }
  }

  refresh(platform) {
    this.#wanted.add(platform);
    if (!this.#reading) this.#read();
  }

  #changed(platform, change) {
    if (change.kind === "callback_answer" && change.body.text) {
      this.dispatchEvent(new CustomEvent("notice", { detail: change.body.text }));
    }
    this.refresh(platform);
  }

  #connection(connected) {
    this.connected = connected;
    this.dispatchEvent(new Event("connection"));
  }

  async #read() {
    this.#reading = true;
    while (this.#wanted.size) {
      const [platform] = this.#wanted;
      this.#wanted.delete(platform);
      try {
        this.state[platform] = await get(`${platform}/state`);
        this.dispatchEvent(new CustomEvent("change", { detail: platform }));
      } catch (error) {
        console.warn(error);
      }
      await new Promise((done) => setTimeout(done, PAUSE));
    }
    this.#reading = false;
  }
}

export const world = new World();

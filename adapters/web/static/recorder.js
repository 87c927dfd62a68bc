// What a visitor says, recorded by the browser and sent like a file.

import { iconButton } from "./dom.js";

const TYPES = { "audio/webm": "webm", "audio/mp4": "m4a" };
const LONGEST = 600_000; // milliseconds: longer recordings are not listened to

export class Recorder {
  /** `done(file)` takes a recording; `complain(sentence)` tells what is wrong. */
  constructor({ words, done, complain }) {
    Object.assign(this, { words, done, complain });
    this.type = Object.keys(TYPES).find((each) => globalThis.MediaRecorder?.isTypeSupported(each));
    this.running = null;
    this.starting = false; // while the browser asks whether it may listen
    this.node = iconButton("microphone", words.record, () => this.toggle(), {
      hidden: !this.type || !navigator.mediaDevices, // which only secure pages have
      "aria-pressed": "false",
    });
  }

  toggle() {
    if (this.running) this.running.stop();
    else if (!this.starting) this.begin();
  }

  async begin() {
    this.starting = true;
    try {
      this.record(await navigator.mediaDevices.getUserMedia({ audio: true }));
    } catch {
      this.complain(this.words.noMicrophone);
    } finally {
      this.starting = false;
    }
  }

  record(sound) {
    const parts = [];
    const running = new MediaRecorder(sound, { mimeType: this.type });
    const limit = setTimeout(() => running.stop(), LONGEST);
    running.addEventListener("dataavailable", (event) => parts.push(event.data));
    running.addEventListener("stop", () => {
      clearTimeout(limit);
      for (const track of sound.getTracks()) track.stop();
      this.show(null);
      this.done(new File(parts, `${this.words.recording}.${TYPES[this.type]}`, { type: this.type }));
    });
    running.start();
    this.show(running);
  }

  show(running) {
    this.running = running;
    this.node.setAttribute("aria-pressed", String(Boolean(running)));
  }
}

// Who the visitor is: known by a token that the host site has signed, or by one made here and kept by the browser.

import * as storage from "./storage.js";

export class Identity {
  constructor(signed) {
    this.token = signed || kept();
  }

  /** What keeps two people of one browser apart; a fresh signature of the same person changes nothing. */
  get owner() {
    return this.token.includes(".") ? `u-${subject(this.token)}` : "v";
  }
}

function kept() {
  const token = storage.get("token") ?? storage.random(32);
  storage.set("token", token);
  return token;
}

/** Read for our own bookkeeping alone: whether it is genuine, the server decides. */
function subject(token) {
  try {
    return JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"))).sub;
  } catch {
    return "";
  }
}

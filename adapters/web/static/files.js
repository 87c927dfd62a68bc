// Files, up and down. They are asked for with the token in a header, so that no address gives one away.

export class Files {
  constructor(identity, site) {
    Object.assign(this, { identity, site });
    this.addresses = new Map(); // object URLs, by the id of the file
  }

  /** Send a file. Returns what the server calls it; throws the status where it is not taken. */
  async send(file) {
    const response = await this.ask(`files?${new URLSearchParams({ name: file.name, site: this.site })}`, {
      method: "POST",
      body: file,
      headers: { "Content-Type": file.type },
    });
    return response.json();
  }

  /** An address of the file's bytes, for this page alone. */
  address(id) {
    if (!this.addresses.has(id)) {
      const fetched = this.ask(`files/${id}?${new URLSearchParams({ site: this.site })}`)
        .then((response) => response.blob())
        .then((blob) => URL.createObjectURL(blob));
      fetched.catch(() => this.addresses.delete(id));
      this.addresses.set(id, fetched);
    }
    return this.addresses.get(id);
  }

  async ask(path, { headers = {}, ...more } = {}) {
    const response = await fetch(path, { headers: { ...headers, Authorization: `Bearer ${this.identity.token}` }, ...more });
    if (!response.ok) throw response.status;
    return response;
  }
}

// Files, up and down. They are asked for with the token in a header, so that no address gives one away.

export class Files {
  constructor(identity, site) {
    Object.assign(this, { identity, site });
    this.addresses = new Map(); // object URLs, by the id of the file
  }

  /**
   * Send a file; `told(share)` hears how much of it is there. Returns what the server calls it; rejects with the
   * status where it is not taken, 0 where there is no connection.
   */
  send(file, told) {
    // fetch tells nothing of what is sent so far
    const request = new XMLHttpRequest();
    request.open("POST", `files?${new URLSearchParams({ name: file.name, site: this.site })}`);
    request.setRequestHeader("Authorization", `Bearer ${this.identity.token}`);
    request.setRequestHeader("Content-Type", file.type);
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => told(loaded / total);
    return new Promise((resolve, reject) => {
      request.onload = () => (request.status === 200 ? resolve(request.response) : reject(request.status));
      request.onerror = () => reject(0);
      request.send(file);
    });
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

  async ask(path) {
    const response = await fetch(path, { headers: { Authorization: `Bearer ${this.identity.token}` } });
    if (!response.ok) throw response.status;
    return response;
  }
}

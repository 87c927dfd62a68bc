// What the page asks the server for; everything is same-origin.

export class Refused extends Error {}

async function answer(response) {
  const body = response.headers.get("Content-Type")?.startsWith("application/json") ? await response.json() : await response.text();
  if (!response.ok) throw new Refused((typeof body === "string" ? body : body.error) || `HTTP ${response.status}`);
  return body;
}

export const get = async (path) => answer(await fetch(`/playground/${path}`));

export const post = async (path, body) =>
  answer(
    await fetch(`/playground/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    }),
  );

export const remove = async (path) => answer(await fetch(`/playground/${path}`, { method: "DELETE" }));

/** Something a person does on a platform. */
export const act = (platform, action, wish) => post(`${platform}/act`, { action, ...wish });

/** The lines of JSON that a POST answers with, as they come. */
export async function* lines(path, body) {
  const response = await fetch(`/playground/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) await answer(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const parts = (rest + piece.value).split("\n");
    rest = parts.pop();
    for (const part of parts) yield JSON.parse(part);
  }
}

/** The model that answers, once the service says it is ready. */
export async function readiness() {
  const response = await fetch("/readyz");
  return response.json();
}

/** A file as the control APIs take it. */
export async function encoded(file) {
  const url = await new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(file);
  });
  return { name: file.name, data: url.slice(url.indexOf(",") + 1), mime: file.type };
}

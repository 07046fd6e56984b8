"use strict";

// Shows openapi.json; no library, so that it works with the internet unplugged.

const element = (name, text, className) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
};

const resolve = (schema, all, depth = 0) => {
  if (schema === undefined || schema === null || typeof schema !== "object") return schema;
  if (Array.isArray(schema)) return schema.map((part) => resolve(part, all, depth));
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    return depth > 4 ? name : resolve(all[name], all, depth + 1);
  }
  return Object.fromEntries(
    Object.entries(schema).filter(([key]) => key !== "title").map(([key, part]) => [key, resolve(part, all, depth)]),
  );
};

const shown = (title, schema, all) => {
  const part = document.createDocumentFragment();
  part.append(element("strong", title), element("pre", JSON.stringify(resolve(schema, all), null, 2)));
  return part;
};

const operation = (path, method, said, all) => {
  const details = element("details");
  const summary = element("summary");
  summary.append(element("span", method.toUpperCase(), "method"), element("code", path));
  summary.append(element("span", said["x-permission"] ?? (said.security?.length ? "device key" : "public"), "needs"));
  const what = element("div", undefined, "what");
  what.append(element("p", said.summary));
  if (said.parameters.length) what.append(shown("Parameters", said.parameters, all));
  const body = said.requestBody?.content["application/json"].schema;
  if (body) what.append(shown("Body", body, all));
  for (const [status, response] of Object.entries(said.responses)) {
    const schema = response.content?.["application/json"].schema;
    if (status !== "default") what.append(schema ? shown(`Answer ${status}`, schema, all) : element("strong", `Answer ${status}`));
  }
  details.append(summary, what);
  return details;
};

const show = async () => {
  const api = await (await fetch("/api/v1/openapi.json")).json();
  const main = document.getElementById("routes");
  main.replaceChildren();
  const groups = new Map();
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, said] of Object.entries(methods)) {
      const tag = said.tags[0];
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push(operation(path, method, said, api.components.schemas));
    }
  }
  for (const [tag, operations] of groups) main.append(element("h2", tag), ...operations);
};

show().catch((problem) => {
  document.getElementById("routes").textContent = `The API's description could not be read: ${problem}`;
});

"use strict";

// Shows openapi.json; no library, so that it works with the internet unplugged.

const element = (name, text, className) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
};

// `code` and **strong** of the descriptions, as elements: nothing is ever read as HTML.
const prose = (text, name = "p") => {
  const made = element(name);
  for (const part of text.split(/(`[^`]*`)/)) {
    made.append(part.startsWith("`") ? element("code", part.slice(1, -1)) : part);
  }
  return made;
};

const named = (ref) => ref.split("/").pop();
const resolved = (schema, all) => (schema?.$ref ? all[named(schema.$ref)] : schema) ?? {};

// What a value may be, in a few words: "text, 1 to 128 long", "number or nothing", "list of Point".
const typeOf = (schema, all) => {
  if (!schema || Object.keys(schema).length === 0) return "anything";
  if (schema.$ref) {
    const found = all[named(schema.$ref)] ?? {};
    return found.enum ? typeOf(found, all) : found.anyOf ? typeOf(found, all) : named(schema.$ref);
  }
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map((choice) => typeOf(choice, all)).join(" | ");
  if (schema.type === "array") return `list of ${schema.prefixItems ? schema.prefixItems.map((i) => typeOf(i, all)).join(", ") : typeOf(schema.items, all)}`;
  const plain = { string: "text", integer: "whole number", boolean: "true | false", null: "null" };
  const limits = [
    [schema.minimum, "≥"], [schema.exclusiveMinimum, ">"], [schema.maximum, "≤"], [schema.exclusiveMaximum, "<"],
  ].filter(([value]) => value !== undefined).map(([value, sign]) => `${sign} ${value.toLocaleString("en")}`);
  if (schema.minLength !== undefined || schema.maxLength !== undefined) {
    limits.push(`${schema.minLength ?? 0} to ${schema.maxLength ?? "any"} long`);
  }
  const type = schema.format === "date-time" ? "time" : (plain[schema.type] ?? schema.type ?? "anything");
  return [type, ...limits].join(", ");
};

const table = (rows) => {
  const made = element("table");
  for (const [name, type, said, must] of rows) {
    const row = element("tr");
    const first = element("td");
    first.append(element("code", name));
    if (must) first.append(" ", element("span", "required", "must"));
    const second = element("td");
    second.append(element("span", type, "type"));
    if (said) second.append(element("br"), prose(said, "span"));
    row.append(first, second);
    made.append(row);
  }
  return made;
};

// The fields of a body or an answer; those inside others are named a.b.
const fieldsOf = (schema, all, before = "", depth = 0) => {
  const found = resolved(schema, all);
  if (found.type === "array") return fieldsOf(found.items, all, before, depth);
  const must = new Set(found.required ?? []);
  return Object.entries(found.properties ?? {}).flatMap(([name, part]) => {
    const inner = part.$ref && !all[named(part.$ref)]?.enum ? resolved(part, all) : undefined;
    const usual = part.default === undefined ? "" : `usually ${JSON.stringify(part.default)}`;
    const said = [part.description ?? inner?.description, usual].filter(Boolean).join("; ");
    const own = [[before + name, typeOf(part, all), said, must.has(name)]];
    return inner?.properties && depth < 2 ? [...own, ...fieldsOf(part, all, `${before}${name}.`, depth + 1)] : own;
  });
};

const block = (title, ...content) => [element("h3", title), ...content];

const shapeOf = (title, schema, all) => {
  const found = resolved(schema, all);
  const inside = found.type === "array" ? resolved(found.items, all) : found;
  const rows = fieldsOf(schema, all);
  const made = block(found.type === "array" ? `${title}: a list, each` : title);
  if (inside.description) made.push(prose(inside.description));
  made.push(rows.length ? table(rows) : element("p", typeOf(schema, all), "type"));
  return made;
};

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

const curlOf = (path, method, said) => {
  const lines = [`curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}${quoted(location.origin + path.replaceAll(/\{(\w+)\}/g, (_, name) => name.toUpperCase()))}`];
  const security = said.security?.[0] ?? {};
  if (security.bearer) lines.push('-H "Authorization: Bearer $TOKEN"');
  if (security.device) lines.push('-H "X-API-Key: $KEY"');
  if (said.responses["201"] && security.bearer) lines.push('-H "Idempotency-Key: $(uuidgen)"');
  const body = said.requestBody?.content["application/json"];
  if (body) lines.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body.example))}`);
  return lines.join(" \\\n  ");
};

const curl = (text) => {
  const made = element("div", undefined, "curl");
  const button = element("button", "Copy");
  button.type = "button";
  button.addEventListener("click", async () => {
    button.textContent = (await copied(text)) ? "Copied" : "Select it and copy";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  made.append(element("pre", text), button);
  return made;
};

// A page over plain HTTP from another machine has no clipboard; a selection can be copied anywhere.
const copied = async (text) => {
  if (navigator.clipboard && await navigator.clipboard.writeText(text).then(() => true, () => false)) return true;
  const area = element("textarea", text);
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
};

const parametersOf = (said, api) => {
  const all = said.parameters.map((one) => (one.$ref ? api.components.parameters[named(one.$ref)] : one));
  const rows = (where) => all.filter((one) => one.in === where).map((one) => {
    const usual = one.schema.default === undefined || one.schema.default === null ? "" : `usually ${one.schema.default}`;
    const text = [one.description, usual].filter(Boolean).join("; ");
    return [one.name, typeOf(one.schema, api.components.schemas), text, one.required];
  });
  const titles = { path: "In the path", query: "In the query", header: "Headers" };
  return Object.entries(titles).flatMap(([where, title]) => (rows(where).length ? block(title, table(rows(where))) : []));
};

const answersOf = (said, api) => {
  const made = [];
  for (const [status, given] of Object.entries(said.responses)) {
    const schema = given.content?.["application/json"]?.schema;
    if (schema) made.push(...shapeOf(`Answer ${status}`, schema, api.components.schemas));
    else if (status.startsWith("2")) made.push(...block(`Answer ${status}`, element("p", given.description)));
  }
  const rest = Object.entries(said.responses).filter(([status]) => !status.startsWith("2") && status !== "default");
  const rows = rest.map(([status, given]) => {
    const found = given.$ref ? api.components.responses[named(given.$ref)] : given;
    return [status, found.description];
  });
  return [...made, ...block("Other answers", table(rows))];
};

const needsOf = (said) => {
  if (said["x-permission"]) return said["x-permission"];
  return said.security?.length ? "device key" : "anybody";
};

const operation = (path, method, said, api) => {
  const details = element("details", undefined, "operation");
  details.id = said.operationId;
  details.dataset.words = `${method} ${path} ${said.summary} ${needsOf(said)} ${said.tags[0]}`.toLowerCase();
  const summary = element("summary");
  summary.append(element("span", method.toUpperCase(), `method ${method}`), element("code", path));
  summary.append(element("span", said.summary, "said"), element("span", needsOf(said), "needs"));
  details.append(summary);
  details.addEventListener("toggle", () => {
    if (!details.open || details.childElementCount > 1) return;
    const what = element("div", undefined, "what");
    const needs = { "device key": "Needs the key of a device.", anybody: "Needs no sign-in.", "signed in": "Needs somebody signed in." };
    what.append(prose(said.summary), prose(needs[needsOf(said)] ?? `Needs the permission \`${needsOf(said)}\`.`));
    what.append(...block("With curl", curl(curlOf(path, method, said))), ...parametersOf(said, api));
    const body = said.requestBody?.content["application/json"].schema;
    if (body) what.append(...shapeOf("Body", body, api.components.schemas));
    what.append(...answersOf(said, api));
    details.append(what);
  });
  return details;
};

const search = () => {
  const words = document.getElementById("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const group of document.querySelectorAll("#routes > div")) {
    let some = false;
    for (const details of group.querySelectorAll("details.operation")) {
      details.hidden = !words.every((word) => details.dataset.words.includes(word));
      if (!details.hidden) { some = true; shown += 1; }
    }
    group.hidden = !some;
  }
  document.getElementById("count").textContent = `${shown} endpoints`;
  document.getElementById("nothing").hidden = shown > 0;
  document.getElementById("about").hidden = words.length > 0;
};

const openNamed = () => {
  const wanted = document.getElementById(location.hash.slice(1));
  if (wanted?.matches("details")) wanted.open = true;
  wanted?.scrollIntoView();
};

const show = async () => {
  const api = await (await fetch("/api/v1/openapi.json")).json();
  const main = document.getElementById("routes");
  main.replaceChildren();
  document.getElementById("about").replaceChildren(...api.info.description.trim().split("\n\n").map((part) => prose(part)));
  const groups = new Map(api.tags.map((tag) => [tag.name, []]));
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, said] of Object.entries(methods)) groups.get(said.tags[0]).push(operation(path, method, said, api));
  }
  for (const tag of api.tags) {
    const group = element("div");
    const title = element("h2", tag.name);
    title.id = `tag-${tag.name}`;
    group.append(title, prose(tag.description), ...groups.get(tag.name));
    main.append(group);
    const link = element("a", tag.name);
    link.href = `#tag-${tag.name}`;
    document.getElementById("tags").append(link);
  }
  document.getElementById("search").addEventListener("input", search);
  addEventListener("hashchange", openNamed);
  search();
  openNamed();
};

show().catch((problem) => {
  document.getElementById("routes").textContent = `The API's description could not be read: ${problem}`;
});

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The web page: state of the sync, servers of a registry, one server.
 *
 * All data comes from the public API by URLs relative to the page.  Stored text
 * may be hostile, so it is added as text nodes only, and the policy of the page
 * forbids any other way.  The fragment of the URL selects the view: "/",
 * "/registry/NAME?q=TEXT" or "/registry/NAME/server/NAME[/version/VERSION]".
 */
"use strict";
(() => {

const REFRESH = 15000;
const TYPING = 200;
const RUNS = 40;
const PAGE = 30;
const LATE = 10 * 60 * 1000;

const $ = id => document.getElementById(id);
const list = x => Array.isArray(x) ? x.filter(i => i && typeof i === "object") : [];
const text = x => typeof x === "string" || typeof x === "number" || typeof x === "boolean" ? String(x) : "";
const enc = encodeURIComponent;

/* ---- text ---- */

/*
 * Invisible characters and those that change the text direction are shown by
 * their number: in names all of them, so that no name can imitate another; in
 * prose only those that no language needs.
 */
const NEVER = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb]/g;
const NOT_IN_NAMES = /[\u0000-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb]|[\udb40\udb41][\udc00-\udfff]/g;
const code = c => "⟨U+" + c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0") + "⟩";
const plain = x => text(x).replace(NEVER, code);
const exact = x => text(x).replace(NOT_IN_NAMES, code);

const number = n => typeof n === "number" ? n.toLocaleString() : "–";
const many = (n, one, more = one + "s") => number(n) + " " + (n === 1 ? one : more);

function add(to, children) {
	for (const child of children.flat(Infinity))
		if (child !== null && child !== undefined && child !== false)
			to.append(child);
	return to;
}

/* An element; attributes that are null, undefined or false are left out. */
function el(tag, attributes, ...children) {
	const e = document.createElement(tag);
	for (const [key, value] of Object.entries(attributes || {}))
		if (value !== null && value !== undefined && value !== false)
			e.setAttribute(key, value === true ? "" : value);
	return add(e, children);
}

function shape(tag, attributes, ...children) {
	const e = document.createElementNS("http://www.w3.org/2000/svg", tag);
	for (const [key, value] of Object.entries(attributes))
		e.setAttribute(key, value);
	return add(e, children);
}

const fill = (to, ...children) => { to.replaceChildren(); return add(to, children); };
const name = (x, tag = "bdi") => el(tag, { class: "mono", dir: tag === "bdi" ? null : "ltr" }, exact(x));
const prose = x => el("bdi", { dir: "auto" }, plain(x));

/* Changes an element only if the text differs, so that a selection in it stays. */
function set(e, value) {
	if (e.textContent !== value)
		e.textContent = value;
}

let announced = "";
function announce(words) {
	if (words !== announced)
		$("announced").textContent = announced = words;
}

/* ---- time: ages are relative to the server's clock ---- */

let skew = 0;
const now = () => Date.now() + skew;

function span(ms) {
	const s = Math.abs(ms) / 1000;
	if (s < 10) return (Math.round(s * 10) / 10).toLocaleString() + "\u00a0s";
	if (s < 90) return Math.round(s) + "\u00a0s";
	if (s < 90 * 60) return Math.round(s / 60) + "\u00a0min";
	if (s < 36 * 3600) return Math.round(s / 3600) + "\u00a0h";
	return many(Math.round(s / 86400), "day");
}

function relative(ms) {
	if (Math.abs(ms) < 10000) return "just now";
	return ms < 0 ? span(ms) + " ago" : "in " + span(ms);
}

const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

function when(instant, words = relative) {
	const t = Date.parse(instant);
	if (Number.isNaN(t)) return "never";
	return el("time", { datetime: instant, title: full.format(t) }, words(t - now(), t));
}
const day = instant => when(instant, (ms, t) => full.format(t));

/* ---- requests ---- */

class Failure extends Error {
	constructor(status, words) {
		super(words);
		this.status = status;
	}
}

async function get(url, signal) {
	let answer;
	try {
		answer = await fetch(url, { signal, headers: { Accept: "application/json" } });
	} catch (e) {
		if (e.name === "AbortError") throw e;
		throw new Failure(0, "The registry does not respond.");
	}
	const date = Date.parse(answer.headers.get("Date"));
	if (!Number.isNaN(date) && Math.abs(date - Date.now()) > 5000) skew = date - Date.now();
	let body = null;
	try {
		body = await answer.json();
	} catch (e) {
		if (e.name === "AbortError") throw e;
	}
	if (answer.ok && body) return body;
	throw new Failure(answer.status, answer.status === 503
		? "The registry has no readable database. The first sync creates it."
		: body && body.error ? `Error from the registry: ${plain(body.error)}.`
		: `The registry responded with status ${answer.status}.`);
}

/* ---- overview ---- */

let state = null;
let history = new Map();
let historyOf;
const shown = new Map();

function verdict(source) {
	if (!source.phase) return ["none", "not synced yet"];
	if (source.phase === "syncing") return ["busy", "syncing"];
	if (source.phase === "failed")
		return ["bad", source.attemptCount > 1 ? `failed ${source.attemptCount} times in a row` : "failed"];
	if (source.nextDue && now() - Date.parse(source.nextDue) > LATE) return ["warn", "overdue"];
	return ["good", "up to date"];
}

const changes = run => run.addedCount + run.updatedCount + run.removedCount;

function outcome(run) {
	if (run.result === "failed") return "failed";
	return run.result === "completed" && changes(run) > 0 ? "changed" : "same";
}

function took(run) {
	return Math.max(0, Date.parse(run.completionTime) - Date.parse(run.startTime));
}

function sentence(run) {
	if (run.result === "failed") return "failed: " + plain(run.errorMessage);
	if (outcome(run) === "same") return "nothing new";
	return `${number(run.addedCount)} added, ${number(run.updatedCount)} changed, ${number(run.removedCount)} removed`;
}

/* The newest run is on the right; the tallest bar is the longest run. */
function plot(runs) {
	const most = Math.max(1, ...runs.map(took));
	const bars = runs.map((run, i) => {
		const kind = outcome(run);
		const h = 5 + 34 * Math.sqrt(took(run) / most);
		const size = kind === "failed" ? { x: .75, w: 3.5, h: 39 } : { x: 0, w: 5, h };
		const x = (RUNS - 1 - i) * 6 + size.x;
		return shape("rect", { class: kind, x, y: (40 - size.h).toFixed(2), width: size.w, height: size.h.toFixed(2) },
			shape("title", {}, `${full.format(Date.parse(run.completionTime))}: ${sentence(run)}; took ${span(took(run))}`));
	});
	const failed = runs.filter(run => run.result === "failed").length;
	const changed = runs.filter(run => outcome(run) === "changed").length;
	return shape("svg", { viewBox: `0 0 ${RUNS * 6} 40`, preserveAspectRatio: "none", role: "img",
		"aria-label": `Last ${many(runs.length, "run")}: ${changed} with changes, ${failed} failed` }, bars);
}

function historyTable(runs, of) {
	const head = ["Finished", "Duration", "Result", "Total"].map((t, i) =>
		el("th", { scope: "col", class: i === 1 || i === 3 ? "number" : null }, t));
	return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Runs of ${exact(of)}` }, el("table", {},
		el("thead", {}, el("tr", {}, head)),
		el("tbody", {}, runs.map(run => el("tr", {},
			el("td", {}, day(run.completionTime)),
			el("td", { class: "number" }, span(took(run))),
			el("td", {}, prose(sentence(run))),
			el("td", { class: "number" }, number(run.totalCount)))))));
}

/* The element of a source is reused, so that an open table stays open. */
function sourceElement(of) {
	const parts = { state: el("span"), kind: el("span", { class: "soft small" }), facts: el("p", { class: "facts" }),
		plot: el("div"), message: el("div", { class: "message", tabindex: "0", hidden: true }),
		count: el("span"), table: el("div"), runs: null };
	parts.details = el("details", { hidden: true }, el("summary", {}, parts.count), parts.table);
	parts.root = el("li", { class: "source" },
		el("div", { class: "row" },
			el("div", {}, el("h3", {}, name(of)), " ", parts.kind, " ", parts.state, parts.facts), parts.plot),
		parts.message, parts.details);
	return parts;
}

function counts(of) {
	return [["serverCount", "server version"], ["skillCount", "skill"], ["pluginCount", "plugin"]]
		.filter(([key], i) => of[key] > 0 || i === 0)
		.map(([key, noun]) => many(of[key] || 0, noun)).join(", ");
}

function drawHistory(parts, of) {
	const runs = history.get(of) || [];
	const mark = runs.length ? runs[0].runId + runs.length : "";
	if (parts.runs === mark) return;
	parts.runs = mark;
	parts.details.hidden = runs.length === 0;
	parts.plot.replaceChildren();
	if (runs.length === 0) return;
	parts.plot.append(plot(runs));
	set(parts.count, many(runs.length, "run") + " as a table");
	fill(parts.table, historyTable(runs, of));
}

function drawSource(source) {
	const parts = shown.get(source.name) || sourceElement(source.name);
	shown.set(source.name, parts);
	const [kind, words] = verdict(source);
	parts.state.className = "state " + kind;
	parts.root.classList.toggle("bad", kind === "bad");
	set(parts.state, words);
	set(parts.kind, text(source.type));
	const stale = kind === "bad" || kind === "warn";
	const checked = stale ? source.lastSuccess : source.lastCheck || source.lastSync;
	const due = Date.parse(source.nextDue);
	fill(parts.facts,
		el("span", {}, checked ? [stale ? "served data is from " : "checked ", when(checked)] : "never read"),
		source.nextDue && el("span", {}, kind === "warn" ? ["was due ", when(source.nextDue)]
			: due < now() ? "due now" : ["next ", when(source.nextDue)]),
		el("span", {}, counts(source)),
		source.rejectedCount > 0 && el("span", { class: "state warn" }, many(source.rejectedCount, "entry", "entries") + " rejected"));
	parts.message.hidden = source.phase !== "failed" || !source.message;
	set(parts.message, plain(source.message));
	drawHistory(parts, source.name);
	return parts.root;
}

/* Puts children in order without moving those already in place. */
function arrange(parent, children) {
	children.forEach((child, i) => {
		if (parent.children[i] !== child) parent.insertBefore(child, parent.children[i] || null);
	});
	while (parent.children.length > children.length) parent.lastChild.remove();
}

function drawVerdict() {
	const of = { good: 0, bad: 0, warn: 0, none: 0, busy: 0 };
	for (const source of state.sources) of[verdict(source)[0]]++;
	const all = state.sources.length;
	const title = $("verdict");
	title.className = of.bad ? "bad" : of.warn ? "warn" : of.none || !all ? "" : "good";
	set(title, all === 0 ? "No source is configured"
		: of.bad ? `${of.bad} of ${many(all, "source")} failed`
		: of.warn ? `${of.warn} of ${many(all, "source")} overdue`
		: of.none === all ? "Nothing has been synced yet"
		: of.none ? `${of.none} of ${many(all, "source")} not synced yet`
		: all === 1 ? "The source is up to date" : `All ${all} sources are up to date`);
	const run = state.running;
	const last = state.lastSync;
	fill($("last"),
		run ? ["A sync started ", when(run.startTime), run.source && [" on ", name(run.source)],
			run.entries ? ", " + many(run.entries, "entry", "entries") + " so far" : "", ". "] : "",
		last ? ["Last run finished ", when(last.completionTime), ", took ", span(took(last)), "."]
			: "No sync has finished yet.");
	announce(title.textContent);
}

function drawRegistries() {
	fill($("registries"), state.registries.map(r => el("li", { class: "registry" },
		el("h3", {}, el("a", { href: `#/registry/${enc(r.name)}` }, name(r.name)), " ",
			r.default && el("span", { class: "tag" }, "default")),
		el("p", {}, counts(r)),
		el("p", { class: "soft small" }, r.sources.length ? ["From ", r.sources.map((s, i) => [i ? ", then " : "", name(s)])] : "From no source"))));
	const select = $("registry");
	const names = state.registries.map(r => r.name);
	if ([...select.options].map(o => o.value).join("\n") !== names.join("\n")) {
		const chosen = select.value;
		fill(select, names.map(n => el("option", { value: n }, exact(n))));
		const first = state.registries.find(r => r.default) || state.registries[0];
		select.value = names.includes(at.registry) ? at.registry : names.includes(chosen) ? chosen : first ? first.name : "";
	}
	$("of").hidden = names.length < 2;
	$("search").hidden = names.length === 0;
}

function drawOverview() {
	drawVerdict();
	arrange($("sources"), state.sources.map(drawSource));
	for (const key of shown.keys())
		if (!state.sources.some(s => s.name === key)) shown.delete(key);
	$("legend").hidden = history.size === 0;
	/* A link would lose the focus. */
	if (!$("registries").contains(document.activeElement)) drawRegistries();
}

let timer;
async function refresh() {
	clearTimeout(timer);
	try {
		const next = await get("registry/status");
		const done = JSON.stringify([next.lastSync, next.sources.map(s => [s.name, s.lastCheck, s.lastSync, s.attemptCount])]);
		if (done !== historyOf) {
			const past = await get(`registry/status/history?limit=${RUNS}`);
			history = new Map(past.sources.filter(s => s.runs.length).map(s => [s.name, s.runs]));
			historyOf = done;
		}
		state = next;
		$("trouble").replaceChildren();
		drawOverview();
		if (at.view === "overview") document.title = `${$("verdict").textContent} – MCP registry`;
	} catch (e) {
		const words = `${e instanceof Failure ? e.message : "Something went wrong: " + e.message} `;
		set($("trouble"), words + (state ? "The data below is older. " : "") + "Retrying every 15 seconds.");
		if (!state) {
			set($("verdict"), e.status === 503 ? "No database yet" : "The state is unknown");
			$("verdict").className = "bad";
		}
	}
	clearTimeout(timer);
	if (!document.hidden) timer = setTimeout(refresh, REFRESH);
}

/* ---- the catalogue of one registry ---- */

let at = { view: "" };
let found = { key: null, cursor: null, count: 0, request: null };
const address = (registry, server) => `#/registry/${enc(registry)}` + (server === undefined ? "" : `/server/${enc(server)}`);
const key = () => at.registry + "\n" + at.q;

function official(item) {
	const meta = item && item._meta;
	return meta && meta["io.modelcontextprotocol.registry/official"] || {};
}

function status(meta) {
	if (!meta.status || meta.status === "active") return null;
	return el("span", { class: "tag " + (meta.status === "deprecated" ? "warn" : "bad") }, exact(meta.status));
}

const TITLE = 200;
const titled = server => {
	const title = plain(server.title).trim();
	return title.length > TITLE ? title.slice(0, TITLE) + "…" : title;
};
const called = server => titled(server) ? prose(titled(server)) : name(server.name);

function row(item) {
	const server = item.server || {};
	const meta = official(item);
	const kinds = [...new Set([...list(server.packages).map(p => text(p.registryType)),
		...list(server.remotes).map(r => text(r.type))])].filter(k => k);
	return el("li", {},
		el("h2", {}, el("a", { href: address(at.registry, text(server.name)) }, called(server))), " ", status(meta),
		el("p", { class: "clamp" }, prose(server.description)),
		el("div", { class: "meta" }, titled(server) && name(server.name, "span"), name(server.version, "span"),
			kinds.length > 0 && el("span", {}, exact(kinds.join(", "))),
			meta.updatedAt && el("span", {}, "changed ", when(meta.updatedAt))));
}

function drawFound() {
	const some = found.cursor ? `The first ${many(found.count, "server")}` : many(found.count, "server");
	const words = found.count === 0
		? at.q ? `No server of this registry has “${plain(at.q)}” in its name, title or description.` : "This registry has no servers."
		: at.q ? `${some} with “${plain(at.q)}” in name, title or description.` : `${some}, by name.`;
	set($("found"), words);
	announce(words);
	$("more").hidden = !found.cursor;
}

/* Shows a failure in place of the data, with a button to try again. */
function drawFailure(place, e, again) {
	const button = el("button", { type: "button" }, "Try again");
	button.addEventListener("click", again);
	fill(place, el("p", {}, e instanceof Failure ? e.message : "Something went wrong: " + e.message), el("p", {}, button));
	announce(place.firstChild.textContent);
}

async function search(more) {
	if (found.request) found.request.abort();
	const request = found.request = new AbortController();
	const results = $("results");
	const of = key();
	const query = new URLSearchParams({ version: "latest", limit: PAGE });
	if (at.q) query.set("search", at.q);
	if (more) query.set("cursor", found.cursor);
	results.classList.add("busy");
	try {
		const page = await get(`registry/${enc(at.registry)}/v0.1/servers?${query}`, request.signal);
		if (!more) found = { ...found, key: of, count: 0 };
		found.cursor = page.metadata && page.metadata.nextCursor || null;
		const rows = list(page.servers).map(row);
		found.count += rows.length;
		if (more) add(results, rows);
		else fill(results, rows);
		drawFound();
		if (more && rows.length) rows[0].querySelector("a").focus();
	} catch (e) {
		if (e.name === "AbortError") return;
		if (!more) found.key = null;
		$("more").hidden = true;
		results.replaceChildren();
		found.count = 0;
		drawFailure($("found"), e, () => search(false));
	}
	if (found.request === request) {
		found.request = null;
		results.classList.remove("busy");
	}
}

function showCatalogue(came) {
	fill($("catalogue-title"), "Servers of ", name(at.registry));
	document.title = `${exact(at.registry)} – MCP registry`;
	if (document.activeElement !== $("q")) $("q").value = at.q;
	if (found.key !== key()) {
		if (found.key === null || found.key.split("\n")[0] !== at.registry) {
			$("results").replaceChildren();
			$("more").hidden = true;
			set($("found"), "Loading…");
		}
		search(false);
	} else if (came && opened && opened.isConnected) {
		drawFound();
		opened.focus();
		return true;
	} else {
		drawFound();
	}
	return false;
}

/* ---- one server ---- */

const SAFE = /^[A-Za-z0-9_@%+=:,./-]+$/;
const quote = word => SAFE.test(word) ? word : "'" + word.replaceAll("'", "'\\''") + "'";

/* The words of an argument of a server document. */
function argument(a) {
	const value = text(a.value) || text(a.default);
	const hole = "<" + (text(a.valueHint) || text(a.name) || "value") + ">";
	if (a.type === "named") {
		if (!value && !a.isRequired) return [];
		return value || a.format !== "boolean" ? [text(a.name), value || hole] : [text(a.name)];
	}
	return [value || hole];
}

const args = x => list(x).flatMap(argument);

/* The image with the version as its tag, unless it has a tag or a digest. */
function image(p) {
	const id = text(p.identifier);
	return id.includes("@") || /:[^/]*$/.test(id) || !text(p.version) ? id : `${id}:${p.version}`;
}

const RUNNERS = {
	npm: (p, id) => [p.runtimeHint === "bunx" ? "bunx" : "npx", ...unless(args(p.runtimeArguments), p.runtimeHint === "bunx" ? [] : ["-y"]), id],
	pypi: (p, id) => ["uvx", ...args(p.runtimeArguments), id],
	nuget: (p, id) => ["dnx", id, ...unless(args(p.runtimeArguments), ["--yes"])],
	oci: p => [p.runtimeHint === "podman" ? "podman" : "docker", "run", ...unless(args(p.runtimeArguments), ["-i", "--rm"]),
		...list(p.environmentVariables).flatMap(v => text(v.name) ? ["-e", text(v.name)] : []), image(p)],
};

/* ${given}, after each of ${wanted} that it lacks. */
function unless(given, wanted) {
	return [...wanted.filter(w => !given.includes(w)), ...given];
}

/*
 * A quoted line for a shell; null if there is none, "" if a word in it is unsafe:
 * it could be taken for an option, or it looks like another word.
 */
function command(p) {
	const runner = Object.hasOwn(RUNNERS, p.registryType) && RUNNERS[p.registryType];
	const id = text(p.identifier);
	if (!runner || !id) return null;
	const words = [...runner(p, text(p.version) ? `${id}@${p.version}` : id), ...args(p.packageArguments)];
	if (id.startsWith("-") || words.some(w => exact(w.replaceAll(" ", "")) !== w.replaceAll(" ", ""))) return "";
	return words.filter(w => w).map(quote).join(" ");
}

function commandLine(line) {
	const box = el("div", { class: "command" }, el("pre", { dir: "ltr" }, el("code", {}, line)));
	if (!navigator.clipboard) return box;
	const button = el("button", { type: "button" }, "Copy", el("span", { class: "unseen" }, " the command"));
	button.addEventListener("click", async () => {
		try {
			await navigator.clipboard.writeText(line);
			button.firstChild.textContent = "Copied";
			announce("Copied");
		} catch {
			announce("The browser does not allow copying");
		}
		setTimeout(() => { button.firstChild.textContent = "Copy"; }, 2000);
	});
	return add(box, [button]);
}

/* Only http and https are linked; the text is the address. */
function link(url, words) {
	let to = null;
	try {
		to = new URL(text(url));
	} catch { /* shown as text */ }
	if (!to || to.protocol !== "https:" && to.protocol !== "http:") return name(url);
	return el("a", { href: to.href, rel: "noopener noreferrer" }, words || exact(url));
}

function inputs(title, of, rows) {
	if (rows.length === 0) return null;
	const head = ["Name", "Required", "Default", "Description"].map(t => el("th", { scope: "col" }, t));
	return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `${title} of ${exact(of)}` }, el("table", {},
		el("caption", { class: "unseen" }, title),
		el("thead", {}, el("tr", {}, head)),
		el("tbody", {}, rows.map(v => el("tr", {},
			el("td", {}, name(v.name)),
			el("td", {}, [v.isRequired ? "yes" : "no", v.isSecret ? ", secret" : ""].join("")),
			el("td", {}, v.value || v.default ? name(v.value || v.default) : "–"),
			el("td", {}, prose(v.description), list([v.choices]).length > 0 && v.choices.length > 0 &&
				el("span", { class: "soft" }, " One of: ", exact(v.choices.join(", ")), ".")))))));
}

function packageBlock(p) {
	const line = command(p);
	const transport = p.transport && text(p.transport.type);
	return el("li", { class: "block" },
		el("h3", {}, name(p.identifier)),
		el("p", { class: "soft small" }, [p.registryType, p.version, transport].map(text).filter(t => t).map(exact).join(" · ")),
		line ? commandLine(line) : line === "" ? el("p", { class: "state warn" }, "No command is shown, because it would contain unsafe characters.")
			: p.registryType === "mcpb" ? el("p", {}, "Download: ", link(p.identifier)) : null,
		p.fileSha256 && el("p", { class: "small" }, "SHA-256: ", name(p.fileSha256)),
		inputs("Environment variables", p.identifier, list(p.environmentVariables)));
}

function remoteBlock(r) {
	const variables = r.variables && typeof r.variables === "object" ? Object.entries(r.variables).map(([n, v]) => ({ ...v, name: n })) : [];
	return el("li", { class: "block" }, el("h3", {}, name(r.url)), el("p", { class: "soft small" }, exact(r.type)),
		inputs("Headers", r.url, list(r.headers)), inputs("Variables", r.url, variables));
}

function blocks(title, items, draw) {
	return items.length > 0 && el("section", { "aria-label": title }, el("h2", {}, title), el("ul", {}, items.map(draw)));
}

function fact(title, value) {
	return value ? [el("dt", {}, title), el("dd", {}, value)] : [];
}

function versionsNav(items, current) {
	return el("nav", { "aria-label": "Versions" }, el("h2", {}, "Versions"), el("ul", { class: "versions" }, items.map(item => {
		const version = text(item.server.version);
		const meta = official(item);
		return el("li", {}, el("a", { href: `${address(at.registry, at.server)}/version/${enc(version)}`,
			"aria-current": version === current ? "page" : null }, name(version, "span"),
		meta.isLatest && el("span", { class: "soft small" }, " latest"), meta.status && meta.status !== "active" ? [" ", status(meta)] : null));
	})));
}

function drawServer(item, versions) {
	const server = item.server || {};
	const meta = official(item);
	const repository = server.repository || {};
	const api = `registry/${enc(at.registry)}/v0.1/servers/${enc(at.server)}/versions/${enc(text(server.version))}`;
	const title = el("h1", { id: "detail-title", tabindex: "-1" }, called(server));
	document.title = `${titled(server) || exact(server.name)} – MCP registry`;
	fill($("detail"),
		el("p", {}, el("a", { href: back() }, "← Servers of ", name(at.registry))),
		title,
		el("p", { class: "meta" }, titled(server) && name(server.name, "span"), name(server.version, "span"), status(meta)),
		meta.statusMessage && el("p", { class: "state warn" }, prose(meta.statusMessage)),
		el("p", {}, prose(server.description)),
		el("dl", {},
			fact("Repository", repository.url && [link(repository.url), repository.subfolder && [", folder ", name(repository.subfolder)]]),
			fact("Website", server.websiteUrl && link(server.websiteUrl)),
			fact("Published", meta.publishedAt && day(meta.publishedAt)),
			fact("Changed", meta.updatedAt && day(meta.updatedAt))),
		blocks("Packages", list(server.packages), packageBlock),
		blocks("Remotes", list(server.remotes), remoteBlock),
		versionsNav(versions, text(server.version)),
		el("details", {}, el("summary", {}, "The entry as JSON"),
			el("p", { class: "small" }, el("a", { href: api }, "This entry from the API")),
			el("pre", { dir: "ltr", tabindex: "0" }, plain(JSON.stringify(item, null, 2)))));
	return title;
}

/* The address of the list: with the last search, if it was in this registry. */
function back() {
	const [registry, q] = found.key === null ? [] : found.key.split("\n");
	return address(at.registry) + (registry === at.registry && q ? `?q=${enc(q)}` : "");
}

let serverRequest = null;
async function showServer() {
	if (serverRequest) serverRequest.abort();
	const request = serverRequest = new AbortController();
	const base = `registry/${enc(at.registry)}/v0.1/servers/${enc(at.server)}/versions`;
	const here = at;
	document.title = `${exact(at.server)} – MCP registry`;
	fill($("detail"), el("p", {}, el("a", { href: back() }, "← Servers of ", name(at.registry))),
		el("h1", { tabindex: "-1" }, name(at.server)), el("p", {}, "Loading…"));
	try {
		/* The list of versions rejects some names that a single version accepts. */
		const page = await get(base, request.signal).catch(e => {
			if (e.status !== 400) throw e;
			return {};
		});
		const all = list(page.servers).filter(i => i.server);
		let item = here.version === undefined ? all.find(i => official(i).isLatest) || all[0]
			: all.find(i => text(i.server.version) === here.version);
		if (!item) item = await get(`${base}/${enc(here.version || "latest")}`, request.signal);
		drawServer(item, all).focus({ preventScroll: true });
	} catch (e) {
		if (e.name === "AbortError") return;
		const place = el("div");
		fill($("detail"), el("p", {}, el("a", { href: back() }, "← Servers of ", name(at.registry))),
			el("h1", { tabindex: "-1" }, name(at.server)), place);
		drawFailure(place, e.status === 404 ? new Failure(404, "This registry has no such server.") : e, showServer);
		$("detail").querySelector("h1").focus({ preventScroll: true });
	}
}

/* ---- views ---- */

function parse(hash) {
	const [path, query] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
	try {
		const part = path.split("/").map(decodeURIComponent);
		const q = (new URLSearchParams(query || "").get("q") || "").trim();
		if (part[0] === "registry" && part[1] && part.length === 2) return { view: "catalogue", registry: part[1], q };
		if (part[0] === "registry" && part[2] === "server" && part[3] && (part.length === 4 || part[4] === "version" && part.length === 6))
			return { view: "detail", registry: part[1], server: part[3], version: part[5] };
	} catch { /* not an address of this page */ }
	return { view: "overview" };
}

let opened = null;
let scrolls = new Map();
let place = "";

/* Allows a search before the list of registries is loaded. */
function choose(registry) {
	const select = $("registry");
	if (select.options.length === 0) {
		select.append(el("option", { value: registry }, exact(registry)));
		$("of").hidden = true;
		$("search").hidden = false;
	}
	if ([...select.options].some(o => o.value === registry)) select.value = registry;
}

function go() {
	const first = at.view === "";
	const before = at;
	at = parse(location.hash);
	scrolls.set(place, { y: scrollY });
	place = location.hash;
	for (const view of ["overview", "catalogue", "detail"]) $(view).hidden = at.view !== view;
	if (serverRequest && at.view !== "detail") serverRequest.abort();
	if (at.registry !== undefined) choose(at.registry);
	if (at.view !== "catalogue" && document.activeElement !== $("q")) $("q").value = "";
	let focused = false;
	if (at.view === "overview") document.title = state ? `${$("verdict").textContent} – MCP registry` : "MCP registry";
	if (at.view === "catalogue") focused = showCatalogue(before.view === "detail");
	if (at.view === "detail") showServer();
	if (first || document.activeElement === $("q") || focused) return;
	scrollTo(0, at.view === "detail" ? 0 : (scrolls.get(place) || { y: 0 }).y);
	const title = $(at.view).querySelector("h1");
	if (title) title.focus({ preventScroll: true });
}

/* Puts the search text in the address; all typing is one step of the history. */
function typed() {
	const q = $("q").value.trim();
	const registry = $("registry").value;
	if (!registry || at.view !== "catalogue" && !q) return;
	const to = address(registry) + (q ? `?q=${enc(q)}` : "");
	if (to === location.hash) return;
	if (at.view === "catalogue") window.history.replaceState(null, "", to);
	else window.history.pushState(null, "", to);
	go();
}

let typing;
$("q").addEventListener("input", () => {
	clearTimeout(typing);
	typing = setTimeout(typed, TYPING);
});
$("registry").addEventListener("change", () => {
	if (at.view === "overview" && !$("q").value.trim()) return;
	const q = $("q").value.trim();
	location.hash = address($("registry").value) + (q ? `?q=${enc(q)}` : "");
});
$("search").addEventListener("submit", e => {
	e.preventDefault();
	clearTimeout(typing);
	typed();
	const link = $("results").querySelector("a");
	if (link && found.key === key() && !found.request) link.focus();
});
$("more").addEventListener("click", () => { if (!found.request && found.cursor) search(true); });
$("results").addEventListener("click", e => { opened = e.target.closest("a") || opened; });
$("skip").addEventListener("click", e => {
	e.preventDefault();
	$("main").focus();
});

/* "/" focuses the search; up and down move between the search and its results. */
document.addEventListener("keydown", e => {
	if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
	const here = document.activeElement;
	if (e.key === "/" && !["INPUT", "SELECT", "TEXTAREA"].includes(here.tagName) && !$("search").hidden) {
		e.preventDefault();
		$("q").focus();
		$("q").select();
	}
	if (e.key !== "ArrowDown" && e.key !== "ArrowUp" || at.view !== "catalogue") return;
	const links = [...$("results").querySelectorAll("a")];
	const i = links.indexOf(here);
	if (i === -1 && here !== $("q")) return;
	if (here === $("q") && e.key === "ArrowUp") return;
	e.preventDefault();
	const next = e.key === "ArrowDown" ? links[i + 1] || (found.cursor ? $("more") : null) : links[i - 1] || $("q");
	if (next) next.focus();
});

addEventListener("hashchange", () => {
	if (location.hash === "" || location.hash.startsWith("#/")) go();
});
document.addEventListener("visibilitychange", () => {
	if (document.hidden) clearTimeout(timer);
	else refresh();
});
window.history.scrollRestoration = "manual";
go();
refresh();

})();

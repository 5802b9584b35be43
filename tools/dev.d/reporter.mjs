// A reporter for node --test: flat TAP, one line for each leaf test, so that `./dev test` counts
// cases of every kind alike. Files and suites appear only when they fail by themselves.
import { inspect } from "node:util";

const ERROR_LINES_MAX = 40;
const NOTE = "note: "; // a figure that a test wants to be told, by context.diagnostic()

const comment = (text) =>
    text
        .split("\n")
        .filter((line) => !line.includes("(node:internal/"))
        .slice(0, ERROR_LINES_MAX)
        .map((line) => `# ${line}\n`)
        .join("");

const isContainer = (data) => data.details?.type === "suite" || data.name.endsWith(".mjs");

const failsByItself = (data) => data.details?.error?.failureType !== "subtestsFailed";

function line(verdict, data, number) {
    const mark = data.skip !== undefined ? " # SKIP" : data.todo !== undefined ? " # TODO" : "";
    return `${verdict} ${number} - ${data.name}${mark}\n`;
}

export default async function* report(source) {
    let number = 0;
    let said = ""; // what the file has printed: it explains why a file failed as such
    for await (const { type, data } of source) {
        if (type === "test:pass" && !isContainer(data)) {
            yield line("ok", data, ++number);
        } else if (type === "test:fail" && failsByItself(data)) {
            const error = data.details.error;
            yield line("not ok", data, ++number) + comment(inspect(error?.cause ?? error));
            if (isContainer(data)) yield comment(said.trimEnd());
        } else if (type === "test:diagnostic" && data.message.startsWith(NOTE)) {
            yield `# ${data.message}\n`;
        } else if (type === "test:stdout" || type === "test:stderr") {
            said += data.message;
        }
    }
    yield `1..${number}\n`;
}

// Files that look like scans of paper, and their way to the daemon.
import { createHash } from "node:crypto";

const PNG = Buffer.from("89504e470d0a1a0a", "hex");
export const TYPES = {
    "image/png": PNG,
    "image/jpeg": Buffer.from("ffd8ffe0", "hex"),
    "application/pdf": Buffer.from("%PDF-1.4\n"),
};
export const SCAN_BYTES_MAX = 5 * 1024 * 1024;

// A file of that type whose bytes follow from the text; `bytes` long, if that is said.
export function fileOf(type, text, bytes) {
    const file = Buffer.concat([TYPES[type], Buffer.from(text)]);
    return bytes ? Buffer.concat([file, Buffer.alloc(bytes - file.length, text)]) : file;
}

export const pngOf = (text, bytes) => fileOf("image/png", text, bytes);
export const nameOf = (file) => createHash("sha256").update(file).digest("hex");

export const upload = (client, body, type = "image/png", options = {}) =>
    client.ok("createScan", { body, headers: { "content-type": type }, ...options });

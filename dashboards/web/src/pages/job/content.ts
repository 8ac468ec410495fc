export type View = 'text' | 'json' | 'image' | 'hex';

const images: [string, number[]][] = [
    ['image/png', [0x89, 0x50, 0x4e, 0x47]],
    ['image/jpeg', [0xff, 0xd8, 0xff]],
    ['image/gif', [0x47, 0x49, 0x46, 0x38]],
];

/** By the first bytes, never by what a program says; SVG is text here. */
export const imageType = (content: Uint8Array): string | null =>
    images.find(([, head]) => head.every((byte, index) => content[index] === byte))?.[0] ?? null;

export const textOf = (content: Uint8Array): string | null => {
    try {
        return new TextDecoder('utf-8', { fatal: true }).decode(content);
    } catch {
        return null;
    }
};

export function jsonOf(text: string): string | null {
    if (!/^\s*[[{]/.test(text)) {
        return null;
    }
    try {
        return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
        return null;
    }
}

/** What can be shown, the most telling first. */
export function viewsOf(content: Uint8Array): View[] {
    if (imageType(content) !== null) {
        return ['image', 'hex'];
    }
    const text = textOf(content);
    return text === null ? ['hex'] : jsonOf(text) === null ? ['text', 'hex'] : ['json', 'text', 'hex'];
}

const columns = 16;
const rowsMax = 4096;

export function hexOf(content: Uint8Array): string {
    const rows: string[] = [];
    for (let at = 0; at < content.length && rows.length < rowsMax; at += columns) {
        const row = [...content.subarray(at, at + columns)];
        const digits = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
        const letters = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
        rows.push(`${at.toString(16).padStart(8, '0')}  ${digits.padEnd(columns * 3 - 1)}  ${letters}`);
    }
    return rows.join('\n');
}

export function base64(content: Uint8Array): string {
    let text = '';
    for (let at = 0; at < content.length; at += 0x8000) {
        text += String.fromCharCode(...content.subarray(at, at + 0x8000));
    }
    return btoa(text);
}

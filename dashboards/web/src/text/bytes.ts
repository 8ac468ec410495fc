export function base64Bytes(text: string): Uint8Array<ArrayBuffer> {
    const letters = atob(text);
    return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
}

export function bytesBase64(content: Uint8Array): string {
    let text = '';
    for (let at = 0; at < content.length; at += 0x8000) {
        text += String.fromCharCode(...content.subarray(at, at + 0x8000));
    }
    return btoa(text);
}

export const hexDigits = (content: Uint8Array): string =>
    Array.from(content, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Null where they are not digits of whole bytes. */
export function digitsBytes(digits: string): Uint8Array<ArrayBuffer> | null {
    if (!/^([0-9a-f]{2})*$/i.test(digits)) {
        return null;
    }
    return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** The digits of a key or its beginning as a person types it: text, or hexadecimal digits behind 'hex:'. */
export function typedDigits(typed: string): string | null {
    return typed.startsWith('hex:')
        ? /^([0-9a-f]{2})*$/i.test(typed.slice(4))
            ? typed.slice(4).toLowerCase()
            : null
        : hexDigits(new TextEncoder().encode(typed));
}

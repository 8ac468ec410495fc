// Text of strangers: names, labels, notes, outputs, logs. It is only ever shown as text; here what could mislead a reader of that
// text becomes visible: controls, spaces that are none, letters without a shape, and what turns the direction of writing (Unicode TR 36).
const misleading = /(?![\n\t])[\p{C}\p{Zl}\p{Zp}\u034F\u115F\u1160\u17B4\u17B5\u3164\uFFA0]|(?! )\p{Zs}/gu;

/** U+202E becomes ⟨U+202E⟩. */
export const visible = (text: string): string =>
    text.replace(
        misleading,
        (found) => `⟨U+${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`,
    );

/** The first `max` characters, not cut inside one, and how many are left out. */
export function cut(text: string, max: number): { shown: string; left: number } {
    if (text.length <= max) {
        return { shown: text, left: 0 };
    }
    const end = /[\uD800-\uDBFF]/.test(text[max - 1] ?? '') ? max - 1 : max;
    return { shown: text.slice(0, end), left: text.length - end };
}

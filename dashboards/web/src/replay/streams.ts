import { Stop } from './stop';

/** What a run gives back. More than the limit ends it, as in the market. */
export class GuestOutput {
    readonly #max: number;
    readonly #parts: Uint8Array[] = [];
    #size = 0;

    constructor(max: number) {
        this.#max = max;
    }

    append(content: Uint8Array): void {
        this.#size += content.length;
        if (this.#size > this.#max) {
            throw new Stop('output_too_large', `The program wrote more than ${this.#max} bytes.`);
        }
        this.#parts.push(content.slice());
    }

    written(): Uint8Array<ArrayBuffer> {
        return joined(this.#parts, this.#size);
    }
}

const cutMark = new TextEncoder().encode('\n[log cut]\n');

/** What a run says beside it. More than the limit is cut, and the cut is marked; the program does not notice. */
export class GuestLog {
    readonly #max: number;
    readonly #parts: Uint8Array[] = [];
    #size = 0;
    #isCut = false;

    constructor(max: number) {
        this.#max = max;
    }

    append(content: Uint8Array): void {
        const part = content.slice(0, this.#max - this.#size);
        this.#isCut ||= part.length < content.length;
        if (part.length > 0) {
            this.#parts.push(part);
            this.#size += part.length;
        }
    }

    written(): Uint8Array<ArrayBuffer> {
        const log = joined(this.#parts, this.#size);
        if (this.#isCut) {
            log.set(cutMark, this.#max - cutMark.length);
        }
        return log;
    }
}

function joined(parts: Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(size);
    let at = 0;
    for (const part of parts) {
        whole.set(part, at);
        at += part.length;
    }
    return whole;
}

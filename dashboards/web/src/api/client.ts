import createClient from 'openapi-fetch';
import type { components, paths } from './schema';
import { key, setKey } from './session';

export type Schemas = components['schemas'];
export type Problem = Schemas['Problem'];

/** What the silo refused, in its own words, or that it was not reached (code null). */
export class ApiError extends Error {
    readonly code: string | null;
    readonly status: number;

    constructor(message: string, code: string | null, status: number) {
        super(message);
        this.code = code;
        this.status = status;
    }
}

/** Typed by the silo's OpenAPI document. Use with {@link ok}. */
export const api = createClient<paths>({ baseUrl: location.origin });

api.use({
    onRequest({ request }) {
        const secret = key();
        if (secret !== null) {
            request.headers.set('Authorization', `Bearer ${secret}`);
        }
        return request;
    },
    onError() {
        return new ApiError('The silo does not answer. It may be stopped, or the network is down.', null, 0);
    },
});

interface Answer<T> {
    data?: T;
    error?: unknown;
    response: Response;
}

const isProblem = (value: unknown): value is Problem =>
    typeof value === 'object' && value !== null && 'code' in value && 'detail' in value;

/** The record of an answer; throws {@link ApiError} for a refusal. A key that the silo does not know any more signs this tab out. */
export async function ok<T>(call: Promise<Answer<T>>): Promise<T> {
    const { data, error, response } = await call;
    if (response.ok) {
        return data as T;
    }
    if (response.status === 401 && key() !== null) {
        setKey(null);
    }
    throw isProblem(error)
        ? new ApiError(error.detail, error.code, error.status)
        : new ApiError(`The silo answered with status ${response.status}.`, null, response.status);
}

/** Bytes of an answer that is no record: output, log, receipt, blob. At most `max` of them, which a Range asks for. */
export async function bytes(path: string, max?: number): Promise<{ bytes: Uint8Array<ArrayBuffer>; size: number }> {
    const headers = new Headers();
    const secret = key();
    if (secret !== null) {
        headers.set('Authorization', `Bearer ${secret}`);
    }
    if (max !== undefined) {
        headers.set('Range', `bytes=0-${max - 1}`);
    }
    const response = await fetch(path, { headers }).catch(() => {
        throw new ApiError('The silo does not answer. It may be stopped, or the network is down.', null, 0);
    });
    if (response.status === 416) {
        return { bytes: new Uint8Array(), size: 0 };
    }
    if (!response.ok) {
        return ok(Promise.resolve({ error: (await response.json().catch(() => null)) as unknown, response }));
    }
    const body = new Uint8Array(await response.arrayBuffer());
    const total = /\/(\d+)$/.exec(response.headers.get('Content-Range') ?? '')?.[1];
    return { bytes: body, size: total === undefined ? body.length : Number(total) };
}

import { api, ApiError, ok, type Schemas } from './client';
import { key } from './session';

/** Uploads bytes; openapi-fetch would make JSON of them. */
export async function upload(content: Blob): Promise<Schemas['Blob']> {
    const response = await fetch('/v1/blobs', {
        method: 'POST',
        body: content,
        headers: { 'Content-Type': 'application/octet-stream', Authorization: `Bearer ${key() ?? ''}` },
    }).catch(() => {
        throw new ApiError('The silo does not answer. It may be stopped, or the network is down.', null, 0);
    });
    const body: unknown = await response.json().catch(() => null);
    return ok<Schemas['Blob']>(
        Promise.resolve(response.ok ? { data: body as Schemas['Blob'], response } : { error: body, response }),
    );
}

/** The same module again is the same program. */
export async function deploy(module: Blob, name: string): Promise<Schemas['DeployedProgram']> {
    const { id } = await upload(module);
    return ok(api.POST('/v1/programs', { body: { module: id, name } }));
}

/** A request id for one press of a button: sent again, it reaches the same job. */
export const requestId = (): string => crypto.randomUUID().replaceAll('-', '');

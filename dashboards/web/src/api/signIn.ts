import { api, ApiError, ok } from './client';
import { setKey, takeTicket } from './session';

/** Signs this tab in where the address is a one-time link. Null: there was nothing to do, or it is done; else why it failed. */
export async function signInByTicket(): Promise<string | null> {
    const ticket = takeTicket();
    if (ticket === null) {
        return null;
    }
    try {
        const { key } = await ok(api.POST('/v1/sign-ins:use', { body: { ticket } }));
        setKey(key);
        return null;
    } catch (unknown) {
        return unknown instanceof ApiError
            ? unknown.message
            : 'The link could not be used. Ask for a new one with market open.';
    }
}

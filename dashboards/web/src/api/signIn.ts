import { api, ApiError } from './client';
import { setKey } from './session';

/** Signs this tab in by the ticket of a link. Null: it is done; else why it failed, and the tab is as it was. */
export async function signInByTicket(ticket: string): Promise<string | null> {
    try {
        // A ticket that is refused says nothing of the key that the tab has.
        const { data, error } = await api.POST('/v1/sign-ins:use', { body: { ticket } });
        if (data === undefined) {
            return error.detail;
        }
        setKey(data.key, true);
        return null;
    } catch (unknown) {
        return unknown instanceof ApiError
            ? unknown.message
            : 'The link could not be used. Ask for a new one with market open.';
    }
}

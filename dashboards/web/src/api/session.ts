/** The API key of this tab. Session storage ends with the tab, and other sites cannot read it. */
const name = 'marketplace.key';

type Listener = () => void;
const listeners = new Set<Listener>();

export const key = (): string | null => sessionStorage.getItem(name);

export function setKey(value: string | null): void {
    if (value === null) {
        sessionStorage.removeItem(name);
    } else {
        sessionStorage.setItem(name, value);
    }
    for (const listener of listeners) {
        listener();
    }
}

export function subscribe(listener: Listener): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

/** The ticket of a one-time link, `/#ticket=…`, taken out of the address so that neither history nor a shared link has it. */
export function takeTicket(): string | null {
    const ticket = new URLSearchParams(location.hash.slice(1)).get('ticket');
    if (ticket !== null) {
        history.replaceState(null, '', location.pathname + location.search);
    }
    return ticket;
}

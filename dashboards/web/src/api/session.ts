/** The API key of this tab. Session storage ends with the tab, and other sites cannot read it. */
const name = 'marketplace.key';
const linkName = 'marketplace.link';

type Listener = () => void;
const listeners = new Set<Listener>();

export const key = (): string | null => sessionStorage.getItem(name);

/** Whether a link has signed this tab in, and its reader has not said yet that it was theirs. */
export const isByLink = (): boolean => sessionStorage.getItem(linkName) !== null;

export function setKey(value: string | null, byLink = false): void {
    if (value === null) {
        sessionStorage.removeItem(name);
    } else {
        sessionStorage.setItem(name, value);
    }
    if (byLink) {
        sessionStorage.setItem(linkName, 'unseen');
    } else {
        sessionStorage.removeItem(linkName);
    }
    tell();
}

/** The reader knows the account that the link led to. */
export function acceptLink(): void {
    sessionStorage.removeItem(linkName);
    tell();
}

function tell(): void {
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

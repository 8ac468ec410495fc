import { useSyncExternalStore } from 'react';
import { visible } from '../text/untrusted';
import styles from './Toasts.module.css';

interface Toast {
    id: number;
    text: string;
    tone: 'plain' | 'bad';
}

const lifeMs = 6000;
let toasts: readonly Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();

function set(next: readonly Toast[]) {
    toasts = next;
    for (const listener of listeners) {
        listener();
    }
}

/** A short word on what was done, which goes by itself. */
export function toast(text: string, tone: Toast['tone'] = 'plain'): void {
    const id = ++last;
    set([...toasts.slice(-3), { id, text, tone }]);
    setTimeout(() => set(toasts.filter((one) => one.id !== id)), lifeMs);
}

export function Toasts() {
    const shown = useSyncExternalStore(
        (listener) => {
            listeners.add(listener);
            return () => listeners.delete(listener);
        },
        () => toasts,
    );
    return (
        <div className={styles.toasts} role="status">
            {shown.map(({ id, text, tone }) => (
                <p key={id} className={tone === 'bad' ? styles.bad : undefined}>
                    {visible(text)}
                </p>
            ))}
        </div>
    );
}

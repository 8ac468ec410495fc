import { useState } from 'react';
import { cut, visible } from '../text/untrusted';
import styles from './Text.module.css';

/** One line of a stranger's text, isolated in its direction. The rest of a long one is in no title or label either. */
export function Untrusted({ text, max = 80 }: { text: string; max?: number }) {
    const { shown, left } = cut(text, max);
    return (
        <bdi className={styles.untrusted}>
            {visible(shown)}
            {left > 0 && '…'}
        </bdi>
    );
}

const step = 20_000;

/** Many lines of it, in a box of their own; more of a long one is shown when asked for. */
export function UntrustedBlock({ text, label, wraps = true }: { text: string; label: string; wraps?: boolean }) {
    const [max, setMax] = useState(step);
    const { shown, left } = cut(text, max);
    return (
        <div>
            <pre className={wraps ? styles.block : styles.columns} dir="auto" tabIndex={0} aria-label={label}>
                {visible(shown)}
            </pre>
            {left > 0 && (
                <button type="button" className={styles.more} onClick={() => setMax(max * 4)}>
                    Show more: {left.toLocaleString('en')} characters are left
                </button>
            )}
        </div>
    );
}

import type { ButtonHTMLAttributes } from 'react';
import styles from './Button.module.css';

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
    kind?: 'main' | 'plain' | 'danger' | 'quiet';
    busy?: boolean;
}

export function Button({ kind = 'plain', busy = false, type = 'button', disabled, className, ...rest }: Props) {
    return (
        <button
            {...rest}
            type={type}
            disabled={disabled === true || busy}
            aria-busy={busy || undefined}
            className={[styles.button, styles[kind], className].filter(Boolean).join(' ')}
        />
    );
}

import { useState } from 'react';
import { ApiError } from '../api/client';
import { setKey } from '../api/session';
import { Button } from '../ui/Button';
import { Field, Form } from '../ui/Field';
import styles from './SignIn.module.css';

/** Tries a key before it is kept, so that a mistyped one is said here and not by every page. */
async function isKnown(key: string): Promise<boolean> {
    const response = await fetch('/v1/account', { headers: { Authorization: `Bearer ${key}` } }).catch(() => {
        throw new ApiError('The silo does not answer. It may be stopped, or the network is down.', null, 0);
    });
    return response.status !== 401;
}

export function SignIn({ failure }: { failure: string | null }) {
    const [text, setText] = useState('');
    const [error, setError] = useState(failure);
    const [busy, setBusy] = useState(false);

    const submit = async () => {
        setBusy(true);
        try {
            const key = text.trim();
            if (!/^[\x21-\x7e]{16,200}$/.test(key)) {
                setError('That is not a key: a key is one word, as market keys create printed it.');
            } else if (await isKnown(key)) {
                setKey(key);
            } else {
                setError('This silo does not know that key, or it was revoked.');
            }
        } catch (unknown) {
            setError(unknown instanceof Error ? unknown.message : 'The silo does not answer.');
        }
        setBusy(false);
    };

    return (
        <main className={styles.page}>
            <div className={styles.card}>
                <img src="/icon.svg" alt="" width="40" height="40" />
                <h1>Marketplace</h1>
                <p>
                    On the silo’s own machine, <code>market open</code> signs you in. Elsewhere, sign in with an API
                    key; this tab keeps it until it is closed.
                </p>
                <Form onSubmit={() => void submit()}>
                    <Field label="API key" error={error}>
                        {(ids) => (
                            <input
                                {...ids}
                                type="password"
                                autoComplete="off"
                                value={text}
                                onChange={(event) => setText(event.target.value)}
                            />
                        )}
                    </Field>
                    <Button kind="main" type="submit" busy={busy}>
                        Sign in
                    </Button>
                </Form>
            </div>
        </main>
    );
}

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ok, type Schemas } from '../../api/client';
import { settlementToken } from '../../api/queries';
import { readAmount } from '../../text/amount';
import { AmountField } from '../../ui/AmountField';
import { Button } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { Field, Form } from '../../ui/Field';
import { ErrorBox } from '../../ui/States';
import { toast } from '../../ui/Toasts';
import styles from './Money.module.css';

type Scope = Schemas['Scope'];

const scopes: [Scope, string][] = [
    ['read', 'see jobs, money and lists'],
    ['submit', 'run jobs'],
    ['deploy', 'deploy and remove programs'],
    ['transfer', 'send money'],
    ['admin', 'create and revoke keys'],
];
const nameBytesMax = 128;

/** Makes a key, and shows its secret once. */
export function KeyDialog({ onClose }: { onClose: () => void }) {
    const token = useQuery(settlementToken).data ?? null;
    const queries = useQueryClient();
    const [name, setName] = useState('');
    const [chosen, setChosen] = useState<Scope[]>(['read', 'submit']);
    const [typed, setTyped] = useState('');
    const limit = readAmount(typed, token);
    const isLong = new TextEncoder().encode(name).length > nameBytesMax;
    const create = useMutation({
        mutationFn: () =>
            ok(
                api.POST('/v1/keys', {
                    body: {
                        name: name.trim(),
                        scopes: chosen,
                        ...(limit.units === null ? {} : { spendLimit: limit.units }),
                    },
                }),
            ),
        onSuccess: () => queries.invalidateQueries({ queryKey: ['keys'] }),
    });
    if (create.isSuccess) {
        return <Secret secret={create.data.key} onClose={onClose} />;
    }
    return (
        <Dialog title="Create a key" onClose={onClose}>
            <Form onSubmit={() => create.mutate()}>
                <Field
                    label="Name"
                    hint="For you, so that you know it later."
                    error={isLong ? `At most ${nameBytesMax} bytes.` : null}
                >
                    {(ids) => <input {...ids} value={name} onChange={(event) => setName(event.target.value)} />}
                </Field>
                <fieldset className={styles.scopes}>
                    <legend>It may</legend>
                    {scopes.map(([scope, text]) => (
                        <label key={scope}>
                            <input
                                type="checkbox"
                                checked={chosen.includes(scope)}
                                onChange={(event) =>
                                    setChosen(
                                        event.target.checked
                                            ? [...chosen, scope]
                                            : chosen.filter((one) => one !== scope),
                                    )
                                }
                            />
                            {text}
                        </label>
                    ))}
                </fieldset>
                <AmountField
                    label="Spend limit"
                    token={token}
                    hint="What its jobs may cost in all. Empty: as much as the account has."
                    error={limit.error}
                    typed={typed}
                    onType={setTyped}
                />
                {create.isError && <ErrorBox error={create.error} />}
                <div className={styles.row}>
                    <Button
                        kind="main"
                        type="submit"
                        busy={create.isPending}
                        disabled={name.trim() === '' || isLong || chosen.length === 0 || limit.error !== null}
                    >
                        Create
                    </Button>
                    <Button onClick={onClose}>Cancel</Button>
                </div>
            </Form>
        </Dialog>
    );
}

function Secret({ secret, onClose }: { secret: string; onClose: () => void }) {
    const copy = () => {
        void navigator.clipboard.writeText(secret).then(
            () => toast('Copied'),
            () => toast('The browser did not allow to copy.', 'bad'),
        );
    };
    return (
        <Dialog title="The new key" onClose={onClose}>
            <p>This is the only time that the key is shown. Copy it to where it is used, and keep it secret.</p>
            <code className={styles.secret}>{secret}</code>
            <div className={styles.row}>
                <Button kind="main" onClick={copy}>
                    Copy
                </Button>
                <Button onClick={onClose}>I have kept it</Button>
            </div>
        </Dialog>
    );
}

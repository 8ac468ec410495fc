import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { account } from '../../api/queries';
import { Button } from '../../ui/Button';
import { Field, Form } from '../../ui/Field';
import { PageHead, Panel } from '../../ui/Panel';
import { Empty } from '../../ui/States';
import { LedgerView } from './LedgerView';
import styles from './Ledger.module.css';

const isName = (name: string) => /^(market|(account|worker)\.[0-9a-f]{64})$/.test(name);

/** The signed history of the market, an account or a worker. */
export default function LedgerPage({ params }: { params: Record<string, string | undefined> }) {
    const name = params.name ?? 'market';
    return (
        <>
            <PageHead
                title="Ledger"
                about="What happened, in its order, each line signed by who says it. Nothing is ever removed. This browser checks all that it shows, and remembers the head: a history that was changed since is found out."
            />
            <Choice key={`choice ${name}`} name={name} />
            {isName(name) ? (
                <LedgerView key={name} ledger={name} />
            ) : (
                <Panel title="Records">
                    <Empty title="There is no ledger of this name.">
                        <p>A ledger is called market, or account. or worker. and an id of 64 digits.</p>
                    </Empty>
                </Panel>
            )}
        </>
    );
}

function Choice({ name }: { name: string }) {
    const [, go] = useLocation();
    const own = useQuery(account).data;
    const [typed, setTyped] = useState(name === 'market' ? '' : name);
    const [wrong, setWrong] = useState(false);
    const target = /^[0-9a-f]{64}$/.test(typed.trim()) ? `worker.${typed.trim()}` : typed.trim();
    const mine = own === undefined ? null : `account.${own.id}`;
    const open = () => {
        setWrong(!isName(target));
        if (isName(target)) {
            go(`/ledger/${target}`);
        }
    };
    return (
        <Panel title="Whose history">
            <div className={styles.head}>
                <div className={styles.row}>
                    <Button
                        kind={name === 'market' ? 'main' : 'plain'}
                        aria-pressed={name === 'market'}
                        onClick={() => go('/ledger')}
                    >
                        The market
                    </Button>
                    {mine !== null && (
                        <Button
                            kind={name === mine ? 'main' : 'plain'}
                            aria-pressed={name === mine}
                            onClick={() => go(`/ledger/${mine}`)}
                        >
                            Your account
                        </Button>
                    )}
                </div>
                <Form onSubmit={open}>
                    <Field
                        label="Another one"
                        hint="The id of a worker, or account. and an id. The ledger of an account is for its owner and the operator."
                        error={wrong ? 'An id has 64 digits from 0 to 9 and a to f.' : null}
                    >
                        {(ids) => (
                            <input
                                {...ids}
                                value={typed}
                                maxLength={80}
                                spellCheck={false}
                                onChange={(event) => setTyped(event.target.value)}
                            />
                        )}
                    </Field>
                    <div>
                        <Button type="submit">Show</Button>
                    </div>
                </Form>
            </div>
        </Panel>
    );
}

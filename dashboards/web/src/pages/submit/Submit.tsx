import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation, useSearchParams } from 'wouter';
import { settlementToken } from '../../api/queries';
import { amountText, readAmount } from '../../text/amount';
import { AmountField } from '../../ui/AmountField';
import { Button } from '../../ui/Button';
import { Field, Form, Row } from '../../ui/Field';
import { PageHead, Panel } from '../../ui/Panel';
import { ErrorBox, Loaded } from '../../ui/States';
import { draftFor, draftOf, emptyDraft, fuelOf, submit, type Draft } from './form';
import { Input } from './Input';
import { ProgramChoice } from './ProgramChoice';
import { Quotes, useQuotes } from './Quotes';

export default function Submit() {
    const [search] = useSearchParams();
    const again = search.get('again');
    const program = search.get('program');
    const before = useQuery({
        queryKey: ['draft', again, program],
        queryFn: () =>
            again !== null ? draftOf(again) : program !== null ? draftFor(program) : Promise.resolve(emptyDraft),
        staleTime: Infinity,
    });
    return (
        <>
            <PageHead
                title="Run a job"
                about="Choose a program and its input, see what it costs with each assurance, and run it."
            />
            <Loaded query={before}>{(draft) => <Editor key={again ?? program} initial={draft} />}</Loaded>
        </>
    );
}

function Editor({ initial }: { initial: Draft }) {
    const [draft, setDraft] = useState(initial);
    const [, go] = useLocation();
    const unit = useQuery(settlementToken).data ?? null;
    const set = (change: Partial<Draft>) => setDraft((now) => ({ ...now, ...change }));
    const fuel = fuelOf(draft.fuel);
    const quotes = useQuotes(draft.program?.id ?? null, fuel);
    const quoted = quotes.data?.quotes.find(({ assurance }) => assurance === draft.assurance);
    const stated = readAmount(draft.priceMax, unit);
    const priceMax = draft.priceMax === '' ? (quoted?.priceMax ?? null) : stated.units;

    const run = useMutation({
        mutationFn: ({ program, limit }: { program: NonNullable<Draft['program']>; limit: string }) =>
            submit(draft, program, limit),
        onSuccess: (id) => go(`/jobs/${id}`),
    });

    const submitForm = () => {
        if (draft.program !== null && priceMax !== null && fuel !== null) {
            run.mutate({ program: draft.program, limit: priceMax });
        }
    };
    return (
        <Form onSubmit={submitForm}>
            <ProgramChoice program={draft.program} onChoose={(program) => set({ program })} />
            <Input draft={draft} onChange={set} />
            <Panel title="Limits and price">
                <Row>
                    <Field
                        label="Fuel limit"
                        hint="Instructions that the program may use; only what it uses is paid."
                        error={fuel === null ? 'Give a whole number above zero, such as 1000000000.' : null}
                    >
                        {(ids) => (
                            <input
                                {...ids}
                                inputMode="numeric"
                                value={draft.fuel}
                                onChange={(event) => set({ fuel: event.target.value })}
                            />
                        )}
                    </Field>
                    <AmountField
                        label="Price limit"
                        token={unit}
                        hint="Empty: what the quote below says."
                        error={stated.error}
                        typed={draft.priceMax}
                        placeholder={quoted?.priceMax === undefined ? '' : amountText(quoted.priceMax, unit)}
                        onType={(priceMax) => set({ priceMax })}
                    />
                </Row>
            </Panel>
            <Quotes
                query={quotes}
                isAsked={draft.program !== null && fuel !== null}
                chosen={draft.assurance}
                onChoose={(assurance) => set({ assurance })}
            />
            {run.isError && <ErrorBox error={run.error} />}
            <div>
                <Button
                    kind="main"
                    type="submit"
                    busy={run.isPending}
                    disabled={draft.program === null || priceMax === null || fuel === null}
                >
                    Run
                </Button>
            </div>
        </Form>
    );
}

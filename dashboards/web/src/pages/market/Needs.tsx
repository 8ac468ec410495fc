import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { api, ok } from '../../api/client';
import { Field, Form, Row } from '../../ui/Field';
import { Panel } from '../../ui/Panel';
import { Empty } from '../../ui/States';
import { fuelChosen, fuelOf } from '../submit/form';
import { Quotes, useQuotes, type QuoteNeeds } from '../submit/Quotes';
import styles from './Market.module.css';

const listMax = 100;
const pageKib = 64;
const [memoryMax, labelsMax] = [1024, 8];

const labelsOf = (text: string) =>
    text
        .split(/[\s,]+/)
        .filter((label) => label !== '')
        .slice(0, labelsMax);

const memoryOf = (text: string): number | null => {
    const mib = Number(text);
    return Number.isInteger(mib) && mib >= 1 && mib <= memoryMax ? (mib * 1024) / pageKib : null;
};

const priorityOf = (text: string): number | null => {
    const times = Number(text);
    return Number.isInteger(times) && times >= 1 && times <= 10 ? times : null;
};

/** What a job of these needs would cost now, with each assurance. Nothing is held or promised. */
export function Needs() {
    const [program, setProgram] = useState('');
    const [form, setForm] = useState({ fuel: fuelChosen, memory: '64', labels: '', priority: '1' });
    const mine = useQuery({
        queryKey: ['programs', 'choice'],
        queryFn: () => ok(api.GET('/v1/programs', { params: { query: { limit: listMax } } })),
    });
    const [fuel, memory, priority] = [fuelOf(form.fuel), memoryOf(form.memory), priorityOf(form.priority)];
    const labels = labelsOf(form.labels);
    const chosen = program === '' ? (mine.data?.items[0]?.id ?? null) : program.trim();
    const isId = chosen !== null && /^prog[0-9a-f]{64}$/.test(chosen);
    const isWhole = isId && fuel !== null && memory !== null && priority !== null;
    const needs: QuoteNeeds = {
        memoryPagesMax: memory ?? 1024,
        priority: priority ?? 1,
        ...(labels.length === 0 ? {} : { needs: { labels } }),
    };
    const quotes = useQuotes(isWhole ? chosen : null, fuel, needs);
    const input = (name: keyof typeof form, label: string, hint: string, error: string | null) => (
        <Field label={label} hint={hint} error={error}>
            {(ids) => (
                <input
                    {...ids}
                    inputMode={name === 'labels' ? 'text' : 'numeric'}
                    value={form[name]}
                    onChange={(event) => setForm({ ...form, [name]: event.target.value })}
                />
            )}
        </Field>
    );
    if (mine.data?.items.length === 0 && program === '') {
        return (
            <Panel title="What a job costs now">
                <Empty title="A quote is for a program, and you have deployed none.">
                    <Link href="/jobs/new">Choose a program</Link>
                </Empty>
            </Panel>
        );
    }
    return (
        <div className={styles.quotes}>
            <Panel title="What a job costs now">
                <Form onSubmit={() => void quotes.refetch()}>
                    <Row>
                        <Field label="Program" error={chosen !== null && !isId ? 'prog and 64 digits.' : null}>
                            {(ids) => (
                                <>
                                    <input
                                        {...ids}
                                        list="programs-of-mine"
                                        value={program}
                                        placeholder={chosen ?? ''}
                                        maxLength={68}
                                        spellCheck={false}
                                        onChange={(event) => setProgram(event.target.value)}
                                    />
                                    <datalist id="programs-of-mine">
                                        {mine.data?.items.map(({ id, name }) => (
                                            <option key={id} value={id} label={name.slice(0, 60)} />
                                        ))}
                                    </datalist>
                                </>
                            )}
                        </Field>
                        {input(
                            'fuel',
                            'Fuel',
                            'Instructions that it may use.',
                            fuel === null ? 'A whole number above zero.' : null,
                        )}
                        {input(
                            'memory',
                            'Memory',
                            'In MiB.',
                            memory === null ? `A whole number from 1 to ${memoryMax}.` : null,
                        )}
                        {input(
                            'labels',
                            'Labels',
                            `What its worker must have: gpu, region=eu. At most ${labelsMax}.`,
                            null,
                        )}
                        {input(
                            'priority',
                            'Priority',
                            'It pays so many times what workers ask.',
                            priority === null ? 'A whole number from 1 to 10.' : null,
                        )}
                    </Row>
                </Form>
            </Panel>
            <Quotes query={quotes} isAsked={isWhole} />
        </div>
    );
}

import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { api, ok, type Schemas } from '../../api/client';
import { spanText } from '../../text/time';
import { Panel } from '../../ui/Panel';
import { Empty, Loaded } from '../../ui/States';
import { Untrusted } from '../../ui/Text';
import { Amount } from '../../ui/Values';
import styles from './Submit.module.css';

type Sheet = Schemas['QuoteSheet'];

/** What the price depends on beside program and fuel. */
export type QuoteNeeds = Pick<Schemas['QuoteRequest'], 'memoryPagesMax' | 'needs' | 'priority'>;

export const useQuotes = (program: string | null, fuel: number | null, more: QuoteNeeds = {}) =>
    useQuery({
        queryKey: ['quotes', program, fuel, more],
        queryFn: () => ok(api.POST('/v1/quotes', { body: { program: program ?? '', fuelMax: fuel ?? 1, ...more } })),
        enabled: program !== null && fuel !== null,
        refetchInterval: 10_000,
    });

interface Props {
    query: UseQueryResult<Sheet>;
    isAsked: boolean;
    chosen?: string;
    /** Left out: the quotes are only shown. */
    onChoose?: (assurance: string) => void;
}

/** What certainty costs: each assurance with its price, its wait, and how likely a wrong result is. */
export function Quotes({ query, isAsked, chosen, onChoose }: Props) {
    return (
        <Panel title="Assurance">
            {!isAsked ? (
                <Empty title="Choose a program first." />
            ) : (
                <Loaded query={query}>
                    {(sheet) => (
                        <fieldset className={styles.quotes}>
                            <legend>
                                {sheet.ownersAtLeast && 'At least '}
                                {sheet.owners === 1
                                    ? '1 owner of workers fits'
                                    : `${sheet.owners} owners of workers fit`}
                                . Each worker is assumed to lie with a probability of {sheet.liarsPermille / 10} %.
                            </legend>
                            {sheet.quotes.map((quote) => (
                                <label
                                    key={quote.assurance}
                                    className={
                                        onChoose === undefined
                                            ? styles.shown
                                            : quote.assurance === chosen
                                              ? styles.chosen
                                              : styles.quote
                                    }
                                >
                                    {onChoose !== undefined && (
                                        <input
                                            type="radio"
                                            name="assurance"
                                            value={quote.assurance}
                                            checked={quote.assurance === chosen}
                                            onChange={() => onChoose(quote.assurance)}
                                        />
                                    )}
                                    <b>{quote.assurance}</b>
                                    <span>
                                        {quote.priceMax === undefined ? (
                                            'no price'
                                        ) : (
                                            <>
                                                at most <Amount units={quote.priceMax} />
                                            </>
                                        )}
                                    </span>
                                    <span>{quote.delayMs === undefined ? '' : `about ${spanText(quote.delayMs)}`}</span>
                                    <span>
                                        {quote.available ? (
                                            `wrong: ${odds(quote.wrongAccepted)}`
                                        ) : (
                                            <Untrusted text={quote.reason ?? 'not offered now'} max={300} />
                                        )}
                                    </span>
                                </label>
                            ))}
                        </fieldset>
                    )}
                </Loaded>
            )}
        </Panel>
    );
}

function odds(text: string): string {
    const value = Number(text);
    return value >= 0.001
        ? `${(100 * value).toPrecision(2)} %`
        : value === 0
          ? 'never'
          : `1 in ${Math.round(1 / value).toLocaleString('en')}`;
}

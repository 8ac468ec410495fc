import { useSearchParams } from 'wouter';

/** Whether "back" leads to what was asked for before. */
type Before = 'kept' | 'replaced';

/** What a list is asked for stands in the address, so that a link shows the same. An empty value is none. */
export function useFilters(): [URLSearchParams, (name: string, value: string, before?: Before) => void] {
    const [search, setSearch] = useSearchParams();
    const set = (name: string, value: string, before: Before = 'replaced') =>
        setSearch(
            (now) => {
                const next = new URLSearchParams(now);
                if (value === '') {
                    next.delete(name);
                } else {
                    next.set(name, value);
                }
                return next;
            },
            { replace: before === 'replaced' },
        );
    return [search, set];
}

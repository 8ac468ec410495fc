import { useCallback } from 'react';

interface Paged {
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    fetchNextPage: () => Promise<unknown>;
}

/** What a table calls near its end; undefined on the last page. */
export function useMore({ hasNextPage, isFetchingNextPage, fetchNextPage }: Paged): (() => void) | undefined {
    const more = useCallback(() => {
        if (!isFetchingNextPage) {
            void fetchNextPage();
        }
    }, [isFetchingNextPage, fetchNextPage]);
    return hasNextPage ? more : undefined;
}

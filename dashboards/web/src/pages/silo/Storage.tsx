import { useQuery } from '@tanstack/react-query';
import { bytesText, count } from '../../text/numbers';
import { Panel, Stat, Stats } from '../../ui/Panel';
import { Loaded } from '../../ui/States';
import { storage } from './queries';

/** The disk with the silo's data, and what of it the journal and its tables take. */
export const Storage = () => (
    <Panel title="Storage">
        <Loaded query={useQuery(storage)}>
            {({ diskBytes, diskFreeBytes, diskFloorBytes, storeBytes, foldLag }) => (
                <Stats>
                    <Stat label="Free" hint={`of ${bytesText(diskBytes)}`}>
                        {bytesText(diskFreeBytes)}
                    </Stat>
                    <Stat label="Floor" hint="with less, uploads and new jobs are refused">
                        {bytesText(diskFloorBytes)}
                    </Stat>
                    <Stat label="Store" hint="the journal and its tables, without blobs">
                        {storeBytes === undefined ? 'in the database' : bytesText(storeBytes)}
                    </Stat>
                    <Stat label="Fold lag" hint="changes that lists do not show yet">
                        {count(foldLag)}
                    </Stat>
                </Stats>
            )}
        </Loaded>
    </Panel>
);

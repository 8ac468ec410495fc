using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>
/// Which items of a batch find room on the disk and in the queue, taken in their order. Pure; the messages are for the client.
/// </summary>
internal static class SubmissionRoom
{
    /// <summary>Which items find room among the classes of jobs that the account may have.</summary>
    /// <param name="items">As for the other.</param>
    /// <param name="room">Null where it is not known.</param>
    public static void AssignClasses(IEnumerable<SubmissionItem> items, ClassRoom? room)
    {
        if (room is null)
        {
            return;
        }
        var allowed = room.Allowed.ToHashSet();
        foreach (var item in items.Where(item => item.HasClass && !allowed.Contains(ClassNeeds.Of(item.Spec.Needs).Name)))
        {
            item.RefusalIfNew = new Refusal(ErrorCode.LimitExceeded, NeedsRules.TooManyClasses(room.More));
        }
    }

    /// <param name="items">Those of one shard that may become new jobs: they learn here whether there is room for them.</param>
    /// <param name="shortage">Of the store's disk.</param>
    /// <param name="queue">Null where it is not known.</param>
    /// <param name="bounds">Of which <paramref name="queue"/> is what is left.</param>
    public static void Assign(IEnumerable<SubmissionItem> items, DiskShortage? shortage, QueueRoom? queue, QueueBounds bounds)
    {
        foreach (var item in items)
        {
            var size = JobSizes.Of(item.Spec, item.RequestId);
            if (shortage is not null)
            {
                item.RefusalIfNew = new Refusal(
                    ErrorCode.StorageFull,
                    $"The service's disk has {shortage.Free} bytes free; with less than {shortage.Floor} it takes no new jobs, so that "
                        + "those it has can end. "
                        + "Nothing was written. Send the job again when the operator has made room."
                );
            }
            else if (queue is not { } left)
            {
                continue;
            }
            else if (left.Jobs == 0 || size > left.Bytes)
            {
                item.RefusalIfNew = new Refusal(
                    ErrorCode.QueueFull,
                    $"The queue of all accounts may take {left.Jobs} more jobs of {bounds.JobsMax} and {left.Bytes} more bytes of "
                        + $"{bounds.BytesMax}; the job takes {size}. Nothing was written. Send it again later."
                );
            }
            else if (left.AccountJobs == 0 || size > left.AccountBytes)
            {
                item.RefusalIfNew = new Refusal(
                    ErrorCode.TooManyOpenJobs,
                    $"The account may queue {left.AccountJobs} more jobs and {left.AccountBytes} more bytes; the job takes {size}. Each "
                        + "account has a part of "
                        + "what is free in the queue. Wait until some jobs have ended, or send large inputs as blobs."
                );
            }
            else
            {
                queue = new QueueRoom(left.AccountBytes - size, left.Jobs - 1, left.Bytes - size, left.AccountJobs - 1);
            }
        }
    }
}

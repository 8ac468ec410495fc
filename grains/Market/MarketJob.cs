using System.Collections.Immutable;

namespace Marketplace.Grains;

/// <summary>Where an open job is in the market.</summary>
internal enum MarketPhase
{
    /// <summary>Behind another writing job of its program.</summary>
    InLine = 0,

    /// <summary>May be leased now.</summary>
    Ready = 1,

    /// <summary>Waits for its next attempt.</summary>
    Delayed = 2,

    /// <summary>Matched; the program's state is asked where the run starts.</summary>
    Preparing = 3,

    /// <summary>A worker has it.</summary>
    Leased = 4,

    /// <summary>Its end is being written.</summary>
    Ending = 5,

    /// <summary>Its end could not be written; it is tried again at the deadline.</summary>
    EndingLater = 6,

    /// <summary>No longer in the market.</summary>
    Gone = 7,
}

/// <summary>An open job in the market's memory.</summary>
internal sealed class MarketJob(JobTicket ticket)
{
    public JobTicket Ticket { get; } = ticket;

    /// <summary>The highest price per million fuel at which the job keeps to its limit.</summary>
    public TokenAmount PriceCap { get; } = JobPricing.PriceCap((UInt128)ticket.Spec.FuelMax, ticket.Spec.PriceMax);

    public MarketPhase Phase { get; set; }

    /// <summary>Its place in <see cref="ReadyQueue"/>.</summary>
    public int Place { get; set; }

    /// <summary>Its place in <see cref="DeadlineHeap"/>; -1 where it has none.</summary>
    public int HeapIndex { get; set; } = -1;

    public DateTimeOffset Deadline { get; set; }

    /// <summary>When nobody has taken it until then, it expires. Each attempt waits anew.</summary>
    public DateTimeOffset ExpiresAt { get; set; }

    public int Attempts { get; set; }
    public int Failures { get; set; }
    public int Interruptions { get; set; }

    /// <summary>The first worker that could not fetch the module or the input; null where none has said so.</summary>
    public WorkerId? InputMissedBy { get; set; }

    /// <summary>Workers that failed on it.</summary>
    public List<WorkerId>? FailedOn { get; private set; }

    public ImmutableArray<JobEvent> History { get; set; } = [];
    public JobExplanation? Explanation { get; set; }

    /// <summary>The offer that has the job in the phases Preparing, Leased and Ending.</summary>
    public MarketOffer? Offer { get; set; }

    public Lease? Lease { get; set; }

    /// <summary>The commits of the program's state before the leased run.</summary>
    public long StateHeight { get; set; }
    public DateTimeOffset LeasedAt { get; set; }

    /// <summary>The writing of its end, for a report that is repeated meanwhile.</summary>
    public Task? Ending { get; set; }

    /// <summary>The end that the market itself decided.</summary>
    public JobEnd? OwnEnd { get; set; }

    public bool HasFailedOn(WorkerId worker) => FailedOn is not null && FailedOn.Contains(worker);

    public void AddFailure(WorkerId worker)
    {
        Failures++;
        (FailedOn ??= []).Add(worker);
    }

    public void Note(JobStatus status, DateTimeOffset at, WorkerId? worker, string? note = null) =>
        History = History.Add(new JobEvent(status, at, worker, note));
}

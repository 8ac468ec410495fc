namespace Marketplace.Grains;

/// <summary>
/// Jobs whose panels cannot open. Those that lack the same wait in one line, and only its first is looked at again: after a while, or as
/// soon as waiting seats were taken where it waits for room. So a hundred thousand such jobs cost the market no more than one.
/// </summary>
internal sealed class PanelLines(MarketBook book)
{
    private readonly Dictionary<PanelKey, PanelLine> _lines = [];
    private readonly LinkedList<PanelLine> _turns = [];
    private readonly Queue<MarketJob> _ready = [];
    private readonly AwaitingPanels _awaiting = new();
    private bool _hasRoom;

    /// <summary>A job is ready whose panel is to be opened in this turn of the market.</summary>
    public void Add(MarketJob job) => _ready.Enqueue(job);

    /// <summary>The job stays in the queue, and is looked at again when a worker of another shard may have a seat.</summary>
    public void Await(MarketJob job) => _awaiting.Add(job);

    /// <summary>Seats that waited do not wait any more.</summary>
    public void NoteRoom() => _hasRoom = true;

    /// <summary>The job waits if others that lack the same came before it.</summary>
    public bool Waits(MarketJob job, MarketTime now)
    {
        if (!_lines.TryGetValue(PanelKey.Of(job), out var line) || line.First == job)
        {
            return false;
        }
        line.Add(job);
        job.PanelNote = line.Note;
        // Nothing but its place in the line, and its end, brings it on.
        book.PutBack(job, now, TimeSpan.FromTicks(Math.Max(1, (job.ExpiresAt - now.Wall).Ticks)));
        return true;
    }

    /// <summary>The job's panel cannot open.</summary>
    /// <param name="job">It is, or becomes, the first of its line.</param>
    /// <param name="note">Why, in words for the end of a sentence.</param>
    /// <param name="forRoom">For that seats of other panels wait.</param>
    /// <param name="now">The moment.</param>
    public void Hold(MarketJob job, string note, bool forRoom, MarketTime now)
    {
        var key = PanelKey.Of(job);
        if (!_lines.TryGetValue(key, out var line))
        {
            _lines.Add(key, line = new PanelLine(key));
        }
        line.Add(job);
        (job.PanelNote, line.Note) = (note, note);
        if (forRoom)
        {
            TakeTurn(line);
        }
        // What lacks for long is looked for less often.
        var parts = forRoom ? 1 : Math.Min(++line.Tries, PanelPolicy.OpenAgainPartsMax);
        book.PutBack(job, now, PanelPolicy.OpenAgainAfter * parts);
    }

    /// <summary>The job's panel is open, or the job ends: it waits in no line any more.</summary>
    public void Leave(MarketJob job)
    {
        _awaiting.Remove(job);
        if (job.PanelLine is not { } line)
        {
            return;
        }
        var wasFirst = line.First == job;
        line.Remove(job);
        if (line.First is null)
        {
            _lines.Remove(line.Key);
            LeaveTurn(line);
        }
        else if (wasFirst)
        {
            line.Tries = 0;
            TakeTurn(line);
            _hasRoom = true;
        }
    }

    /// <summary>Opens the panels that can open now, the lines in turns.</summary>
    public void Open(MarketTime now)
    {
        OpenReady(now);
        for (var failed = 0; _hasRoom && failed < Math.Min(_turns.Count, PanelPolicy.RoomTriesMax) && !book.IsPaused; )
        {
            var line = _turns.First!.Value;
            LeaveTurn(line);
            var first = line.First!;
            if (first.Phase == MarketPhase.Delayed)
            {
                book.PutBack(first, now);
            }
            OpenReady(now);
            failed = first.Phase == MarketPhase.Seated ? 0 : failed + 1;
        }
        for (var failed = 0; _hasRoom && failed < PanelPolicy.RoomTriesMax && !book.IsPaused && _awaiting.Next() is { } job; )
        {
            if (job is { Phase: MarketPhase.Ready, WantsPanel: true })
            {
                book.Place(job, now);
            }
            failed = job.Phase == MarketPhase.Seated ? 0 : failed + 1;
        }
        _hasRoom = false;
    }

    private void OpenReady(MarketTime now)
    {
        while (_ready.TryDequeue(out var job))
        {
            if (job is { Phase: MarketPhase.Ready, WantsPanel: true } && !book.IsPaused)
            {
                book.Place(job, now);
            }
        }
    }

    private void TakeTurn(PanelLine line)
    {
        if (line.Turn is null)
        {
            line.Turn = _turns.AddLast(line);
        }
    }

    private void LeaveTurn(PanelLine line)
    {
        if (line.Turn is { } turn)
        {
            _turns.Remove(turn);
            line.Turn = null;
        }
    }
}

/// <summary>Jobs that lack the same for their panels, in the order in which they came.</summary>
internal sealed class PanelLine(PanelKey key)
{
    private readonly LinkedList<MarketJob> _jobs = [];
    private readonly Dictionary<MarketJob, LinkedListNode<MarketJob>> _places = [];

    public PanelKey Key => key;

    public MarketJob? First => _jobs.First?.Value;

    /// <summary>What the first one lacks.</summary>
    public string Note { get; set; } = "";

    /// <summary>How often it was looked at in vain.</summary>
    public int Tries { get; set; }

    /// <summary>Its place among the lines that are looked at when there is room; null where it has none.</summary>
    public LinkedListNode<PanelLine>? Turn { get; set; }

    /// <summary>The job waits at the end, unless it waits already.</summary>
    public void Add(MarketJob job)
    {
        if (job.PanelLine is null)
        {
            _places.Add(job, _jobs.AddLast(job));
            job.PanelLine = this;
        }
    }

    public void Remove(MarketJob job)
    {
        _places.Remove(job, out var place);
        _jobs.Remove(place!);
        job.PanelLine = null;
    }
}

/// <summary>What decides whether a job's panel can open: jobs of which all is the same open together or not at all.</summary>
/// <param name="Account">Who pays.</param>
/// <param name="Class">What its workers need to have.</param>
/// <param name="Assurance">How many they are to be.</param>
/// <param name="PriceCap">What each may ask.</param>
/// <param name="MemoryPages">What its run may take.</param>
/// <param name="Alone">The job, where it refuses workers that others do not refuse.</param>
internal readonly record struct PanelKey(
    AccountId Account,
    JobClass Class,
    Assurance Assurance,
    TokenAmount PriceCap,
    int MemoryPages,
    JobId? Alone
)
{
    public static PanelKey Of(MarketJob job) =>
        job.PanelLine?.Key
        ?? new(
            Account: job.Ticket.Account,
            Class: job.Class,
            Assurance: job.Ticket.Spec.Assurance,
            PriceCap: job.PriceCap,
            MemoryPages: job.Ticket.Spec.MemoryPagesMax,
            Alone: RefusesOthers(job) ? job.Ticket.Job : null
        );

    private static bool RefusesOthers(MarketJob job) =>
        job.FailedOn is not null
        || job.AvoidsNewcomers
        || job.Group is not null
        || job.Ticket.Refusals is not null
        || job.Ticket.Spec.Needs is { } needs && !(needs.RefusedWorkers.IsDefaultOrEmpty && needs.RefusedOwners.IsDefaultOrEmpty);
}

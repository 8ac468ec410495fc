namespace Marketplace.Grains;

/// <summary>
/// One account's open jobs in the order of their submission; some are ready to be leased. The first that an offer can take is found in
/// O(log n): a binary tree stands over the places, and each node knows what the ready jobs below it want. A job keeps its place until it
/// ends, so a retried job is not behind those that came later.
/// </summary>
internal sealed class ReadyQueue
{
    private const int PlacesMin = 8;

    /// <summary>With fewer jobs than one of so many places it gives memory back.</summary>
    private const int PartsInUseMin = 8;

    private MarketJob?[] _jobs = new MarketJob?[PlacesMin];
    private Wanted[] _nodes = NewNodes(PlacesMin);
    private int _next;
    private int _open;

    /// <summary>What the ready jobs want, all together.</summary>
    public Wanted Wanted => _nodes[1];

    /// <summary>Jobs that are ready.</summary>
    public int Count => _nodes[1].Count;

    /// <summary>Jobs that are open, ready or not.</summary>
    public int OpenCount => _open;

    /// <summary>Places there is memory for.</summary>
    public int PlaceCount => _jobs.Length;

    /// <summary>The first ready job; null where none is.</summary>
    public MarketJob? First => Find(TokenAmount.Zero, int.MaxValue);

    /// <summary>The first ready job that the offer can take by price and memory.</summary>
    public MarketJob? Find(TokenAmount price, int memoryPagesMax)
    {
        var left = int.MaxValue;
        return FindFrom(0, price, memoryPagesMax, ref left);
    }

    /// <summary>Gives the job the last place, not ready yet.</summary>
    public void Add(MarketJob job)
    {
        if (_next == _jobs.Length)
        {
            MakeRoom();
        }
        job.Place = _next;
        _jobs[_next++] = job;
        _open++;
    }

    public void Remove(MarketJob job)
    {
        Unready(job);
        _jobs[job.Place] = null;
        _open--;
        // A rebuild leaves a quarter of the places taken, so the jobs that leave before the next one share its cost.
        if (_jobs.Length > PlacesMin && _open < _jobs.Length / PartsInUseMin)
        {
            Rebuild(Math.Max(PlacesMin, _jobs.Length / (PartsInUseMin / 2)), [.. Open()]);
        }
    }

    public void Ready(MarketJob job) => Set(job.Place, new Wanted(job.PriceCap, job.Ticket.Spec.MemoryPagesMax, 1));

    public bool IsReady(MarketJob job) => _nodes[_jobs.Length + job.Place].Count != 0;

    public void Unready(MarketJob job)
    {
        if (IsReady(job))
        {
            Set(job.Place, Wanted.Nothing);
        }
    }

    /// <summary>The first ready job at or behind <paramref name="place"/> that the offer can take by price and memory.</summary>
    /// <param name="place">Where the search begins.</param>
    /// <param name="price">What the offer asks.</param>
    /// <param name="memoryPagesMax">What it allows.</param>
    /// <param name="left">Nodes that may still be looked at; none is found beyond them.</param>
    public MarketJob? FindFrom(int place, TokenAmount price, int memoryPagesMax, ref int left)
    {
        // Down from the root, left before right, past what lies before the place and what cannot hold a match. A node has one job's price
        // and perhaps another's memory, so it may promise a match that no job is; then the search comes back up. In practice that is rare,
        // and an account that makes it often has its own jobs looked at less.
        Span<int> stack = stackalloc int[2 * 32];
        var depth = 0;
        stack[depth++] = 1;
        while (depth > 0 && left-- > 0)
        {
            var index = stack[--depth];
            ref readonly var node = ref _nodes[index];
            if (!node.MayFit(price, memoryPagesMax) || LastPlace(index) < place)
            {
                continue;
            }
            if (index >= _jobs.Length)
            {
                return _jobs[index - _jobs.Length];
            }
            stack[depth++] = (2 * index) + 1;
            stack[depth++] = 2 * index;
        }

        return null;
    }

    /// <summary>Adds the first ready jobs to a list, until it has so many.</summary>
    public void AddFirst(List<MarketJob> jobs, int most)
    {
        // Every ready job fits, so no node promises in vain.
        var left = int.MaxValue;
        for (
            var place = 0;
            jobs.Count < most && FindFrom(place, TokenAmount.Zero, int.MaxValue, ref left) is { } job;
            place = job.Place + 1
        )
        {
            jobs.Add(job);
        }
    }

    /// <summary>Ready jobs before this one.</summary>
    public int CountBefore(MarketJob job)
    {
        var count = 0;
        for (var index = _jobs.Length + job.Place; index > 1; index >>= 1)
        {
            if ((index & 1) == 1)
            {
                count += _nodes[index - 1].Count;
            }
        }

        return count;
    }

    /// <summary>Puts all open jobs into the order of their submission: after a rebuild, in which they came in any order.</summary>
    public void Sort() => Rebuild(_jobs.Length, [.. Open().OrderBy(job => job.Ticket.SubmittedAt).ThenBy(job => job.Ticket.Job)]);

    private void MakeRoom()
    {
        // Ended jobs left gaps. A rebuild leaves half of the places free, so the jobs that fill them share its cost.
        var places = _jobs.Length;
        while (_open > places / 2)
        {
            places *= 2;
        }
        Rebuild(places, [.. Open()]);
    }

    private IEnumerable<MarketJob> Open() => _jobs.Take(_next).OfType<MarketJob>();

    private void Rebuild(int places, MarketJob[] open)
    {
        var ready = open.Where(IsReady).ToHashSet();
        _jobs = new MarketJob?[places];
        _nodes = NewNodes(places);
        _next = _open = 0;
        foreach (var job in open)
        {
            Add(job);
            if (ready.Contains(job))
            {
                Ready(job);
            }
        }
    }

    private int LastPlace(int index)
    {
        var below = System.Numerics.BitOperations.Log2((uint)_jobs.Length) - System.Numerics.BitOperations.Log2((uint)index);
        return ((index + 1) << below) - 1 - _jobs.Length;
    }

    private void Set(int place, Wanted leaf)
    {
        var index = _jobs.Length + place;
        _nodes[index] = leaf;
        for (index >>= 1; index >= 1; index >>= 1)
        {
            _nodes[index] = Wanted.Join(_nodes[2 * index], _nodes[(2 * index) + 1]);
        }
    }

    private static Wanted[] NewNodes(int places)
    {
        var nodes = new Wanted[2 * places];
        Array.Fill(nodes, Wanted.Nothing);
        return nodes;
    }
}

namespace Marketplace.Grains;

/// <summary>
/// The classes that are open, and some that were: a class without jobs keeps its bit until another one needs it, because jobs of it may
/// come again and a new class asks every offer.
/// </summary>
internal sealed class JobClasses
{
    /// <summary>A class is a bit of a number of 128 bits, which an offer has and each node of its trees.</summary>
    public const int Max = MarketPolicy.ClassesMax;

    private readonly JobClass?[] _classes = new JobClass?[Max];
    private readonly int[] _openJobs = new int[Max];

    /// <summary>Counts up with the jobs of all classes: the class that was used least lately has the lowest number.</summary>
    private readonly long[] _usedAt = new long[Max];

    private readonly Dictionary<string, JobClass> _byName = [];
    private long _uses;

    /// <summary>By when the openings so far have had their time, in running time.</summary>
    private TimeSpan _openedUntil;

    public JobClasses() => _classes[JobClass.Plain.Index] = JobClass.Plain;

    /// <summary>All that have a bit, in the order of their bits.</summary>
    public IEnumerable<JobClass> All => _classes.OfType<JobClass>();

    /// <summary>Those with jobs; that of jobs without needs is always open.</summary>
    public int OpenCount { get; private set; } = 1;

    /// <summary>Its open jobs, of all accounts.</summary>
    public int JobsOf(JobClass jobClass) => _openJobs[jobClass.Index];

    public bool IsOpen(string name) => _byName.TryGetValue(name, out var known) && _openJobs[known.Index] > 0;

    /// <summary>
    /// Classes that may be opened now without more than <see cref="MarketPolicy.ClassOpeningsMax"/> at a time, or one in
    /// <see cref="MarketPolicy.ClassOpeningPeriod"/> for long. Jobs that were taken in open theirs in any case.
    /// </summary>
    public int OpeningsLeft(TimeSpan now)
    {
        var owed = _openedUntil > now ? (_openedUntil - now) / MarketPolicy.ClassOpeningPeriod : 0;
        return Math.Max(0, MarketPolicy.ClassOpeningsMax - (int)Math.Ceiling(owed));
    }

    /// <summary>Counts a job of the class.</summary>
    /// <param name="needs">The class's needs.</param>
    /// <param name="now">In running time.</param>
    /// <param name="opened">Told of a class that has a bit now and had none before.</param>
    /// <returns>Null where all bits belong to classes with jobs.</returns>
    public JobClass? Enter(ClassNeeds needs, TimeSpan now, Action<JobClass> opened)
    {
        var found = needs.Name is "" ? JobClass.Plain : _byName.GetValueOrDefault(needs.Name) ?? Open(needs, now, opened);
        if (found is null)
        {
            return null;
        }
        if (_openJobs[found.Index]++ == 0 && found != JobClass.Plain)
        {
            OpenCount++;
        }
        _usedAt[found.Index] = ++_uses;
        return found;
    }

    public void Leave(JobClass jobClass)
    {
        if (--_openJobs[jobClass.Index] == 0 && jobClass != JobClass.Plain)
        {
            OpenCount--;
        }
    }

    /// <summary>The classes whose needs the offer meets.</summary>
    public UInt128 MetBy(MarketOffer offer)
    {
        var met = UInt128.Zero;
        foreach (var jobClass in All)
        {
            if (jobClass.Needs.AreMetBy(offer))
            {
                met |= jobClass.Bit;
            }
        }
        return met;
    }

    private JobClass? Open(ClassNeeds needs, TimeSpan now, Action<JobClass> opened)
    {
        var index = Array.IndexOf(_classes, null);
        if (index < 0)
        {
            var unused = All.Where(known => _openJobs[known.Index] == 0 && known != JobClass.Plain).MinBy(known => _usedAt[known.Index]);
            if (unused is null)
            {
                return null;
            }
            _byName.Remove(unused.Needs.Name);
            index = unused.Index;
        }
        var jobClass = new JobClass(index, needs);
        _classes[index] = jobClass;
        _byName.Add(needs.Name, jobClass);
        _openedUntil = (_openedUntil > now ? _openedUntil : now) + MarketPolicy.ClassOpeningPeriod;
        opened(jobClass);
        return jobClass;
    }
}

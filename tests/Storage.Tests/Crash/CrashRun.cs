using System.Text;
using Marketplace.Storage.Contracts;
using Microsoft.Data.Sqlite;

namespace Marketplace.Storage.Crash;

/// <summary>How the process ends after a fault.</summary>
public enum Ending
{
    /// <summary>The machine loses power.</summary>
    PowerCut,

    /// <summary>Only the process ends; the power is cut later, after the next start.</summary>
    Kill,
}

/// <summary>What a run writes.</summary>
public enum CrashLoad
{
    /// <summary>Few documents, of any size.</summary>
    Few,

    /// <summary>
    /// More documents than one step of the fold takes, all of one size: what is archived after a power cut then lies exactly where lost
    /// documents lay, before those are looked for.
    /// </summary>
    ManyOfOneSize,
}

/// <summary>What one run came to.</summary>
public sealed record CrashResult(bool HasFailed, bool WasRefused, IReadOnlyList<string> Violations);

/// <summary>
/// A seeded load on a simulated store whose disk fails at one chosen operation; then a restart, and the question whether everything
/// that was acknowledged is there. Needs no test framework, so that long runs can use it too.
/// </summary>
public sealed class CrashRun : IDisposable
{
    private const int Rounds = 10;

    private const int FewDocuments = 8;

    /// <summary>A round writes half of them, and a step of the fold takes 64.</summary>
    private const int ManyDocuments = 160;

    /// <summary>Of a document when all have one size: more than owner, state, label and number take.</summary>
    private const int OneSizeBytes = 64;

    private static readonly SimulatedDelays Delays = new();

    private readonly ManualTime _time;
    private readonly Random _random;
    private readonly CrashModel _model;
    private readonly SimulatedStore _store;
    private readonly List<string> _violations = [];
    private readonly DiskFault _fault;
    private long _counter;
    private readonly CrashLoad _load;
    private bool _trustsLies;

    private CrashRun(ManualTime time, int seed, long operation, DiskFault fault, CrashLoad load)
    {
        (_time, _fault, _load) = (time, fault, load);
        _model = new CrashModel(load == CrashLoad.Few ? FewDocuments : ManyDocuments);
        _random = new Random(seed);
        _store = new SimulatedStore(_time, seed, SimulatedUnderTest.Options, Delays);
        _store.Disk.FailAt(operation, fault);
    }

    /// <summary>Runs the load of the seed with the fault at the given operation of the disk.</summary>
    /// <param name="seed">Of load, disk and delays.</param>
    /// <param name="operation">Where the disk fails, counted from 1.</param>
    /// <param name="fault">How it fails.</param>
    /// <param name="ending">How the process ends.</param>
    /// <param name="load">What is written.</param>
    /// <param name="trustsLies">True: what a lying disk lost is a violation like any other; shows that this harness can fail.</param>
    /// <returns><see cref="CrashResult.HasFailed"/> is false where the load has fewer operations than that.</returns>
    public static Task<CrashResult> Run(
        int seed,
        long operation,
        DiskFault fault,
        Ending ending,
        CrashLoad load = CrashLoad.Few,
        bool trustsLies = false
    ) =>
        ManualTime.Run(async time =>
        {
            using var run = new CrashRun(time, seed, operation, fault, load) { _trustsLies = trustsLies };
            var refused = false;
            try
            {
                refused = await run.Execute(ending);
            }
            catch (Exception failure)
            {
                // No fault of the disk may come out as anything that the load does not know.
                run._violations.Add($"the run broke off: {failure}");
            }
            return new CrashResult(run._store.Disk.Operations >= operation, refused, run._violations);
        });

    public void Dispose() => _store.Disk.Dispose();

    private bool HasFailed => _store.Disk.HasFailed;

    /// <summary>Asked anew each time: the disk may begin to lie in the restart.</summary>
    private bool IsHonest => _fault != DiskFault.Lie || !HasFailed || _trustsLies;

    /// <returns>True where the store refused what a lying disk left.</returns>
    private async Task<bool> Execute(Ending ending)
    {
        await Load(Rounds);
        if (ending == Ending.PowerCut)
        {
            _store.Crash();
        }
        else
        {
            _store.Kill();
        }
        try
        {
            _store.Open();
            _violations.AddRange(await _model.Compare(_store.Store, IsHonest));
            // What a reader has seen after the restart must survive whatever comes next.
            _store.Crash();
            _store.Open();
            _violations.AddRange(await _model.Compare(_store.Store, IsHonest));
        }
        catch (StoreDamagedException) when (!IsHonest || _trustsLies)
        {
            return true;
        }
        if (IsHonest && !_trustsLies)
        {
            await GoOn();
        }
        return false;
    }

    private async Task GoOn()
    {
        await CatchUp();
        _violations.AddRange(await _model.CompareListing(_store.Store));
        await Load(3);
        await CatchUp();
        _violations.AddRange(await _model.CompareListing(_store.Store));
        await _store.Close();
        _store.Open();
        _violations.AddRange(await _model.Compare(_store.Store, true));
    }

    /// <summary>Writes until the rounds are done or the disk has failed.</summary>
    private async Task Load(int rounds)
    {
        try
        {
            if (!_store.IsOpen)
            {
                _store.Open();
            }
            for (var round = 0; round < rounds; round++)
            {
                await WriteSome();
                if (_store.Store.Stopped is not null)
                {
                    return;
                }
                if (round % 3 == 2)
                {
                    await CatchUp();
                }
                if (round == rounds / 2)
                {
                    await _store.Close();
                    _store.Open();
                }
            }
        }
        catch (Exception failure) when (failure is IOException or SqliteException && HasFailed)
        {
            // The fault came to light.
        }
    }

    private async Task WriteSome()
    {
        var writes = new List<Task>();
        foreach (var index in Enumerable.Range(0, _model.Documents).Where(_ => _random.Next(2) == 0))
        {
            writes.Add(_random.Next(6) == 0 ? Delete(index) : Write(index));
        }
        foreach (var index in Enumerable.Range(0, CrashModel.Streams).Where(_ => _random.Next(2) == 0))
        {
            writes.Add(Append(index));
        }
        Pump(Task.WhenAll(writes));
        try
        {
            await Task.WhenAll(writes);
        }
        catch (StoreStoppedException) when (HasFailed)
        {
            // Each of them did or did not happen.
        }
    }

    private async Task Write(int index)
    {
        var model = _model.Document[index];
        var version = (model.Acknowledged?.Version ?? 0) + 1;
        var text = Encoding.UTF8.GetString(
            TextProjection.Content("me", _random.Next(3) == 0 ? "ended" : "open", "p", ++_counter, new string('x', _random.Next(300)))
        );
        if (_load == CrashLoad.ManyOfOneSize)
        {
            text = text.TrimEnd('x').PadRight(OneSizeBytes, 'x');
        }
        (model.UnderWay, model.IsUnderWay) = ((version, text), true);
        model.History.Add((version, text));
        await _store.Store.Write(CrashModel.Key(index), version - 1, Encoding.UTF8.GetBytes(text)).ConfigureAwait(false);
        (model.Acknowledged, model.IsUnderWay) = ((version, text), false);
    }

    private async Task Delete(int index)
    {
        var model = _model.Document[index];
        (model.UnderWay, model.IsUnderWay) = (null, true);
        await _store.Store.Delete(CrashModel.Key(index), model.Acknowledged?.Version ?? 0).ConfigureAwait(false);
        (model.Acknowledged, model.IsUnderWay) = (null, false);
    }

    private async Task Append(int index)
    {
        var model = _model.Stream[index];
        model.UnderWay.AddRange(Enumerable.Range(0, 1 + _random.Next(3)).Select(_ => $"entry {++_counter}"));
        ReadOnlyMemory<byte>[] entries = [.. model.UnderWay.Select(entry => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(entry))];
        await _store.Store.Append(CrashModel.StreamName(index), model.Acknowledged.Count, entries).ConfigureAwait(false);
        model.Acknowledged.AddRange(model.UnderWay);
        model.UnderWay.Clear();
    }

    private async Task CatchUp()
    {
        var caughtUp = _store.Store.CatchUp().AsTask();
        Pump(caughtUp);
        await caughtUp;
    }

    private void Pump(Task task)
    {
        while (!task.IsCompleted)
        {
            if (_time.FireNext())
            {
                continue;
            }
            throw new InvalidOperationException("The store waits for something that nobody will do.");
        }
    }
}

using Marketplace.GrainInterfaces;
using Orleans.Storage;

namespace Marketplace.Grains;

/// <summary>
/// What a market does about other activations of itself, and about jobs that went to an activation that is gone. The store tells of both,
/// in bounded time: a replaced market finds the newer start number, and the market finds a pending job that it does not know by its row.
/// </summary>
internal sealed partial class MarketGrain
{
    /// <exception cref="InconsistentStateException">This activation has stepped down; the runtime drops it, and the next call finds
    /// another.</exception>
    private void RequireCurrent()
    {
        if (_steppedDown)
        {
            throw new InconsistentStateException(
                $"Start {_book.Start} of market {this.GetPrimaryKeyString()} was replaced. Send the call again."
            );
        }
    }

    private async Task CheckStart()
    {
        if (_checking || _steppedDown)
        {
            return;
        }
        _checking = true;
        try
        {
            await _start.Refresh();
            _startKnownAt = Now.Running;
            if (_start.Value?.Number != _book.Start)
            {
                StepDown($"start {_start.Value?.Number} has replaced it");
            }
        }
        catch (Exception failure)
        {
            LogStartUnread(failure, this.GetPrimaryKeyString());
            if (Now.Running - _startKnownAt >= MarketPolicy.StartUnknownMax)
            {
                StepDown($"it could not read its start number for {MarketPolicy.StartUnknownMax}");
            }
        }
        finally
        {
            _checking = false;
        }
    }

    /// <summary>
    /// Reports under way go on, because their terminal writes are conditional and the runs were made. The accounts find what is not settled
    /// by then. The workers' polls end, and their next ones find the new market.
    /// </summary>
    private void StepDown(string why)
    {
        if (_steppedDown)
        {
            return;
        }
        _steppedDown = true;
        LogSteppedDown(this.GetPrimaryKeyString(), _book.Start, why);
        _rebuild?.Dispose();
        _book.Close();
        _reports.SettleLeftOvers();
        DeactivateOnIdle();
    }

    /// <summary>Looks for pending jobs that never arrived here.</summary>
    private async Task Sweep(MarketTime now)
    {
        if (_sweeping || _book.IsPaused)
        {
            return;
        }
        _sweeping = true;
        try
        {
            var count = 0;
            // Jobs carry the time of day. After it was set back, jobs from before the change seem to come from the future: this once, all
            // newer ones are read.
            var wasSetBack = now.Wall < _sweptAt.Wall;
            var from = wasSetBack ? now.Wall : _sweptAt.Wall;
            var span = new OpenJobSpan(
                from - MarketPolicy.SweepAgeMin - MarketPolicy.SweepOverlap,
                wasSetBack ? DateTimeOffset.MaxValue : now.Wall - MarketPolicy.SweepAgeMin
            );
            await _openJobs.Read(span, job => _book.Find(job) is null, Add, CancellationToken.None);
            _sweptAt = now;
            if (count == 0)
            {
                return;
            }
            LogSwept(this.GetPrimaryKeyString(), count);
            Act();

            void Add(JobTicket ticket) => count += IsOwn(ticket) && _book.Add(ticket, Now) ? 1 : 0;
        }
        catch (Exception failure)
        {
            LogSweepFailed(failure, this.GetPrimaryKeyString());
        }
        finally
        {
            _sweeping = false;
        }
    }
}

using Marketplace.Engine;
using Marketplace.Engine.Decode;

namespace Marketplace.Reference.Execution;

/// <summary>Splits a valid body into steps: finds the end of each block, the segments and the size of the frame.</summary>
internal static class BodyReader
{
    public static Body Read(ModuleContent content, FunctionType type, FunctionBody body)
    {
        var steps = new List<Step>();
        var reader = new InstructionReader(content.Bytes.Span, body.Offset, body.End, content.Limits);
        while (!reader.AtEnd)
        {
            reader.Read(out var instruction);
            var isBlock = instruction.Opcode is Opcode.Block or Opcode.Loop or Opcode.If;
            steps.Add(new Step(instruction) { BlockType = isBlock ? BlockTypes.Of(instruction.Block, content) : null });
        }

        Segments(steps, MatchBlocks(steps));
        var locals = body.Locals.SelectMany(run => Enumerable.Repeat(run.Type, run.Count)).ToArray();
        WasmType[] all = [.. type.Parameters, .. locals];
        var slotsOfSteps = steps.Select(step => FuelTable.SlotsOf(step.Instruction, all)).ToArray();
        var slots =
            FuelTable.FrameSlots
            + all.Sum(OperandCount.SlotsOf)
            + OperandCount.Greatest(content, type, locals, steps)
            + slotsOfSteps.Sum()
            + (slotsOfSteps.Contains(FuelTable.SlotsOfVectorStep) ? FuelTable.VectorFunctionSlots : 0)
            + ((body.End - body.Offset) / FuelTable.BodyBytesPerSlot);
        return new Body(type, locals, steps, slots);
    }

    /// <returns>For each position of an else or an end: that of its block, loop or if; else -1.</returns>
    private static int[] MatchBlocks(List<Step> steps)
    {
        var openings = new int[steps.Count];
        var open = new Stack<int>();
        for (var i = 0; i < steps.Count; i++)
        {
            openings[i] = -1;
            switch (steps[i].Opcode)
            {
                case Opcode.Block or Opcode.Loop or Opcode.If:
                    open.Push(i);
                    break;
                case Opcode.Else:
                    openings[i] = open.Peek();
                    steps[openings[i]].Else = i;
                    break;
                case Opcode.End when open.TryPop(out var opening):
                    openings[i] = opening;
                    steps[opening].End = i;
                    if (steps[opening].Else >= 0)
                    {
                        steps[steps[opening].Else].End = i;
                    }

                    break;
            }
        }

        return openings;
    }

    private static void Segments(List<Step> steps, int[] openings)
    {
        var (segment, joined) = (0, 0L);
        foreach (var (begin, end) in Pieces(steps, openings))
        {
            var piece = steps[begin..end];
            var cost = piece.Sum(step => FuelTable.CostOf(step.Opcode));
            if (Joins(steps, openings, segment, begin, end) && joined + cost <= FuelTable.JoinedFuelMax)
            {
                joined += cost;
                steps[segment].SegmentCost += cost;
                continue;
            }

            (segment, joined) = (begin, 0);
            steps[begin].BeginsSegment = true;
            steps[begin].SegmentCost = cost;
            steps[begin].ChecksFuel =
                begin == 0
                || (steps[begin - 1].Opcode == Opcode.Loop && !piece.Exists(step => step.Opcode is Opcode.Call or Opcode.CallIndirect));
        }
    }

    private static IEnumerable<(int Begin, int End)> Pieces(List<Step> steps, int[] openings)
    {
        var begin = 0;
        for (var i = 0; i < steps.Count; i++)
        {
            if (FuelTable.Cuts(steps[i].Opcode) && !IsLoopEnd(steps, openings, i))
            {
                yield return (begin, i + 1);
                begin = i + 1;
            }
        }
    }

    private static bool Joins(List<Step> steps, int[] openings, int segment, int begin, int end)
    {
        if (
            begin == 0
            || steps[begin - 1].Opcode == Opcode.Loop
            || Enumerable.Range(begin, end - begin).Any(i => IsLoopEnd(steps, openings, i))
        )
        {
            return false;
        }

        return steps[begin - 1].Opcode is not (Opcode.Else or Opcode.End) || openings[begin - 1] >= segment;
    }

    private static bool IsLoopEnd(List<Step> steps, int[] openings, int i) =>
        steps[i].Opcode == Opcode.End && openings[i] >= 0 && steps[openings[i]].Opcode == Opcode.Loop;
}

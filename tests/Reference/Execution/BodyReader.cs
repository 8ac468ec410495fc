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
        var slots = FuelTable.FrameSlots + type.Parameters.Concat(locals).Sum(OperandCount.SlotsOf)
            + OperandCount.Greatest(content, type, locals, steps) + steps.Sum(step => FuelTable.SlotsOf(step.Opcode))
            + ((body.End - body.Offset) / FuelTable.BodyBytesPerSlot);
        return new Body(type, locals, steps, slots);
    }

    /// <returns>The positions of the ends of loops.</returns>
    private static HashSet<int> MatchBlocks(List<Step> steps)
    {
        var open = new Stack<Step>();
        var ifs = new Stack<Step>();
        var loopEnds = new HashSet<int>();
        for (var i = 0; i < steps.Count; i++)
        {
            switch (steps[i].Opcode)
            {
                case Opcode.Block or Opcode.Loop:
                    open.Push(steps[i]);
                    break;
                case Opcode.If:
                    open.Push(steps[i]);
                    ifs.Push(steps[i]);
                    break;
                case Opcode.Else:
                    ifs.Peek().Else = i;
                    break;
                case Opcode.End when open.TryPop(out var block):
                    block.End = i;
                    if (block.Opcode == Opcode.Loop)
                    {
                        loopEnds.Add(i);
                    }

                    if (block.Opcode == Opcode.If)
                    {
                        ifs.Pop();
                        if (block.Else >= 0)
                        {
                            steps[block.Else].End = i;
                        }
                    }

                    break;
            }
        }

        return loopEnds;
    }

    private static void Segments(List<Step> steps, HashSet<int> loopEnds)
    {
        var begin = 0;
        long cost = 0;
        for (var i = 0; i < steps.Count; i++)
        {
            cost += FuelTable.CostOf(steps[i].Opcode);
            if (FuelTable.EndsSegment(steps[i].Opcode) && !loopEnds.Contains(i))
            {
                steps[begin].BeginsSegment = true;
                steps[begin].SegmentCost = cost;
                steps[begin].ChecksFuel = begin == 0 || steps[begin - 1].Opcode == Opcode.Loop;
                begin = i + 1;
                cost = 0;
            }
        }
    }
}

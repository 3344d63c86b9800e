namespace TinyKv.Simulation.Mutants;

/// <summary>Bugs in the actors, in the state machines that they host, and in what their journal promises; consensus is as it
/// should be.</summary>
internal static partial class NodeMutantList
{
    private const string Peer = "TinyKv.Actors/Raft/RaftPeer.cs";
    private const string Roles = "TinyKv.Actors/Raft/RaftPeer.Roles.cs";
    private const string Time = "TinyKv.Actors/Raft/RaftPeer.Time.cs";
    private const string Apply = "TinyKv.Actors/Apply/ApplyActor.cs";
    private const string Turn = "TinyKv.Actors/Apply/ApplyTurn.cs";
    private const string Pending = "TinyKv.Actors/Apply/PendingProposals.cs";
    private const string Region = "TinyKv.Actors/Regions/RegionActor.cs";
    private const string Kv = "TinyKv.Core/Commands/KvStateMachine.cs";
    private const string Batch = "TinyKv.Core/Storage/BatchWriter.cs";
    private const string Placement = "TinyKv.Core/Placement/PlacementStateMachine.cs";
    private const string Service = "TinyKv.Actors/Placement/PlacementService.cs";
    private const string Oracle = "TinyKv.Core/Placement/TimestampOracle.cs";
    private const string Transport = "TinyKv.Actors/Transport/RaftTransport.cs";
    private const string Handshake = "TinyKv.Actors/Transport/Handshake.cs";
    private const string Refusals = "TinyKv.Actors/Raft/RaftPeer.Refusals.cs";
    private const string Write = "TinyKv.Simulation/Nodes/SimJournal.cs";
    private const string Disk = "TinyKv.Simulation/Nodes/SimDisk.cs";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Mutant> All { get; } =
        [.. Durability, .. Losses, .. StateMachine, .. Requests, .. Gateway, .. Conditions, .. Timestamps, .. Mail,
            .. Lies];

    private static Mutant[] Durability =>
    [
        new("promises sent before the record is durable", Peer,
            "            _lastWrite = new PendingWrite(record, effects.SendDurable);",
            "            Send(effects.SendDurable.AsSpan());\n            _lastWrite = new PendingWrite(record, []);",
            "After a crash the store contradicts its votes and acknowledgements."),
        new("promises sent at once while a record is under way", Peer,
            "_lastWrite!.Add(effects.SendDurable);", "Send(effects.SendDurable.AsSpan());",
            "A repeated append is acknowledged before the first is durable."),
        new("promises that never leave", Peer,
            "        Send(write.Messages);\n", "",
            "Nobody is elected."),
        new("a record behind one that may be refused", Peer,
            "_underWay > 0 || _records.Count == 0", "_records.Count == 0",
            "The journal refuses the first and takes the second: the log has a gap for ever."),
        new("a peer that continues after a refused record", Peer,
            "        Context.Stop(Self);\n", "",
            "The core counts on what the journal does not have."),
        new("a journal that acknowledges before the sync", Disk,
            "            write.Store();\n            world.Trace",
            "            world.After(TimeSpan.FromMilliseconds(5), write.Store);\n            world.Trace",
            "A loss of power takes what was acknowledged."),
        new("a journal that stores the first record of a write", Write,
            "SelectMany(group => group))\n        {", "SelectMany(group => group.Take(1)))\n        {",
            "The others were acknowledged with it."),
        new("a replay that forgets truncations", Peer,
            "case RaftRecord record: _replay.Take(LastSequenceNr, record); break;",
            "case RaftRecord record:\n                var after = _replay.Member?.Last.Index ?? 0;\n"
            + "                _replay.Take(LastSequenceNr, record.Entries.IsEmpty || record.Entries[0].Index > after\n"
            + "                    ? record : record with { Entries = [] });\n                break;",
            "Entries that another leader has replaced come back."),
    ];

    private static Mutant[] Losses =>
    [
        new("a store that continues after it has lost data", "TinyKv.Actors/Raft/RaftPeer.DataLoss.cs",
            "if (stage == DataLossStage.Confirmed) Context.Parent.Tell(new DataLost(Describe(loss)));",
            "if (stage == DataLossStage.Confirmed) continue;",
            "Nobody learns that it cannot be trusted any more."),
    ];

    private static Mutant[] StateMachine =>
    [
        new("data without its applied index", Apply,
            "        MetaRecords.WriteApplied(batch, Region.Id, _applied);\n", "",
            "A restart applies it again."),
        new("a restart that applies everything again", Apply,
            "_applied = MetaRecords.ReadApplied(snapshot, spec.Initial.Id) ?? spec.InitialIndex;",
            "_applied = spec.InitialIndex;",
            "Old values show again."),
        new("an applied index ahead of its data", Turn,
            "        save(_batch);\n",
            "        using var index = engine.NewBatch();\n        save(index);\n"
            + "        engine.Write(index, sync: false);\n",
            "A loss of power between the two loses the data."),
        new("a peer restarted with what it knew", Region,
            "case Retry: _applier.Tell(Describe.Instance); break;", "case Retry: Create(_state); break;",
            "It hands out entries again that the state machine has."),
        new("a state machine that takes deletions for nothing", Batch,
            "batch.Delete(write.Family, write.Key.Span);", "",
            "What was deleted is still there."),
    ];

    private static Mutant[] Requests =>
    [
        new("a write acknowledged when it is proposed", Roles,
            "            commands.Add(head.Request.Command);",
            "            commands.Add(head.Request.Command);\n"
            + "            if (head.Request is { Batch.Count: > 0, Condition: null }) "
            + "head.Asker.Tell(TinyKv.Core.Commands.Written.Instance);",
            "Another leader overwrites it."),
        new("an answer by index alone", Pending,
            "head.Position == applied", "head.Position.Index == applied.Index",
            "Who waits for a displaced command is told that it was applied."),
        new("a read of a leader that nobody confirms", Roles,
            "Perform(_core.ReadIndex([_lastRead]));", "Grant([new ReadGrant(_lastRead, _core.Commit)]);",
            "A leader that was replaced keeps answering."),
        new("a read answered by whoever is asked", Roles,
            "case RegionRequest request: Refuse(request, _spec.Region.PeerWith(_core.Leader)); break;",
            "case Read: _spec.Applier.Tell(new ServeReads(0, _core.Term, [Sender])); break;\n            "
            + "case RegionRequest request: Refuse(request, _spec.Region.PeerWith(_core.Leader)); break;",
            "Followers are behind."),
        new("a read context used again", Roles,
            "_confirming.Add(++_lastRead, [.. _readers]);",
            "_confirming[_lastRead = 1] = [.. _confirming.GetValueOrDefault(1, []), .. _readers];",
            "A round that left before a read began confirms it."),
        new("proposals kept when the leadership is lost", Roles,
            "                RefuseQueued();\n                Become(Following);", "                Become(Following);",
            "They are proposed by one that does not lead."),
        new("requests admitted by a follower", Roles,
            "case RegionRequest request: Refuse(request, _spec.Region.PeerWith(_core.Leader)); break;",
            "case RegionRequest request: Admit(request); break;",
            "They are proposed by one that does not lead."),
        new("a lease that a pause does not age", Time,
            "for (; now - _ticked >= _spec.TickInterval; _ticked += _spec.TickInterval) Perform(_core.Tick());",
            "if (now - _ticked >= _spec.TickInterval)\n        {\n            _ticked = now;\n"
            + "            Perform(_core.Tick());\n        }",
            "A store that stood still answers from a lease that has run out."),
    ];

    private static Mutant[] Timestamps =>
    [
        new("timestamps beyond the reserved window", Oracle,
            "        if (physical >= End) return null;\n", "",
            "The next leader gives them out again."),
        new("timestamps from below the last window", Service,
            "_oracle.Begin(view.Term, view.TimestampsEndMs)", "_oracle.Begin(view.Term, 0)",
            "A leader whose clock is behind goes back."),
        new("timestamps of a leader that nobody confirms", Service,
            "        _confirmCall = [.. _timestamps];\n",
            "        if (_oracle.Term >= 0 && NowMs < _oracle.End)\n        {\n"
            + "            _timestamps.ForEach(_confirmed.Enqueue);\n            _timestamps.Clear();\n"
            + "            ServeConfirmed();\n            return;\n        }\n"
            + "        _confirmCall = [.. _timestamps];\n",
            "A leader that was replaced gives out less than its successor."),
        new("ids forgotten by a restart", Placement,
            "[state.Save()]", "[(state with { NextId = PlacementState.FirstId }).Save()]",
            "They are handed out again."),
        new("ids that are not taken from the log", Placement,
            "NextId = first + ids.Count", "NextId = first",
            "Two askers get the same."),
    ];

    private static Mutant[] Mail =>
    [
        new("a message of another cluster", Transport,
            "batch.ClusterId != spec.Cluster || batch.ToStore != spec.Self.Value", "batch.ToStore != spec.Self.Value",
            "Its terms and entries mean something else."),
        new("a message for another store", Transport,
            " || batch.ToStore != spec.Self.Value\n", "\n",
            "It was not meant for this replica."),
        new("a message from elsewhere", Transport,
            "\n            || there.Path.Address != Sender.Path.Address)", ")",
            "Whoever sends it is not the store that it names."),
        new("a message of a start that was not accepted", Transport,
            "_accepted.GetValueOrDefault(batch.FromStore) != batch.Incarnation", "batch.FromStore == 0",
            "A store that has forgotten its votes votes again."),
        new("a directory that counts no starts", Disk,
            "return (Record = found.Start(Draw(), initial))!;",
            "return (Record = found.Start(Draw(), initial) with { Earlier = [] })!;",
            "An honest store is taken for an old copy of itself."),
        new("a connection that is never re-established", Transport,
            "        spec.Reconnect(target);\n", "",
            "A store that is not heard stays so for ever."),
    ];

    private static Mutant[] Lies =>
    [
        new("bytes that are no batch", Transport,
            "catch (MalformedMessageException e)", "catch (MalformedMessageException e) when (encoded.Bytes.IsEmpty)",
            "Whoever sends them ends the store."),
        new("an introduction that cannot be read", Handshake,
            "catch (MalformedMessageException e)", "catch (MalformedMessageException e) when (_ended)",
            "Whoever sends it ends the store."),
        new("a refusal that is an invariant", Refusals,
            "        _refusals++;", "        TinyKv.Core.Invariant.Holds(false, $\"{reason}\");\n        _refusals++;",
            "Every lie ends the store."),
        new("an entry that is no command in the log", Refusals,
            "if (entry.Kind == EntryKind.Command && !_spec.IsCommand(entry.Data)) return entry;",
            "if (entry.Kind == EntryKind.Command && !_spec.IsCommand(entry.Data)) continue;",
            "The region stops on every store that applies it."),
        new("more timestamps than there are in a millisecond", Service,
            "{ Count: < 1 or >= (uint)TimestampOracle.LogicalEnd }", "{ Count: < 1 }",
            "Whoever asks for them takes the service down, with all that others have asked for."),
    ];
}

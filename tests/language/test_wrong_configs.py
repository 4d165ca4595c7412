"""Wrong configurations of every kind: each is refused at its place, with words that help.

The mark § stands in front of what the place points to; ``[...]`` are words that the message has.
"""

import pytest

from experiments.language.loader import LARGEST_FILE
from tests.language.texts import MARK, OUTPUT, problems_of, study_text

V = "variants:\n  baseline: {}\n"
WRONG = {
    # the file's own keys
    "unknown key": ("more", "§repeat: 3", ["unknown key", "did you mean 'repeats'"]),
    "missing title": ("head", "§question: A question?", ["title: missing", "Heading"]),
    "empty title": ("head", "title: §''\nquestion: Why?", ["title: expected some text, found nothing"]),
    "title is a number": ("head", "title: §12\nquestion: Why?", ["title: expected text, found 12"]),
    "text for a number": ("more", "repeats: §many", ["repeats: expected an integer, found 'many'"]),
    "no repeats": ("more", "repeats: §0", ["expected at least 1, found 0"]),
    "true is no number": ("more", "repeats: §true", ["expected an integer, found true"]),
    "too many repeats": ("more", "repeats: §1000000", ["at most 10000"]),
    "unknown protocol": ("more", "protocols: [published, §frehs]", ["did you mean 'fresh'"]),
    "a protocol of the command line": ("more", "protocols: [§tuned]", ["protocols.0: expected 'published' or 'fresh'"]),
    "a key without a near name": ("more", "§seed: 3", ["seed: unknown key; expected one of", "'repeats'"]),
    "no protocol": ("more", "protocols: §[]", ["at least one entry"]),
    "unknown topic": ("more", "topic: §Optimisation", ["did you mean 'Optimization'"]),
    "no variants": ("variants", "variants: §{}", ["variants: expected at least one entry"]),
    "variants as a list": ("variants", "variants: §[baseline]", ["variants: expected a mapping, found a list"]),
    "bad variant name": ("variants", "variants:\n  §a.b: {}", ["expected a variant name of letters", "'a.b'"]),
    "ensemble of none": ("more", "ensemble: §0", ["expected at least 1, found 0"]),
    "diagnosis": ("more", "diagnosis: {§metrik: accuracy}", ["unknown key", "did you mean 'metric'"]),
    "diagnosis of a metric that nothing measures": (
        "more",
        "diagnosis: {metric: §acuracy}",
        ["diagnosis.metric: no variant measures 'acuracy'; did you mean 'accuracy'?"],
    ),
    "smallest effect of a metric that nothing measures": (
        "more",
        "smallest_effects: {§test_acuracy: 0.02}",
        ["'test_acuracy'; did you mean 'test_accuracy'?"],
    ),
    "smallest effect of nothing": ("more", "smallest_effects: {test_accuracy: §0}", ["a number above 0, found 0"]),
    "tuned without the own value": (
        "more",
        "tuned: {factors: §[0.1, 2, 10]}",
        ["tuned.factors", "1 for the variant's own"],
    ),
    "tuned by equal factors": ("more", "tuned: {factors: §[1, 1, 10]}", ["tuned.factors: expected different factors"]),
    "tuned by a negative factor": ("more", "tuned: {factors: [1, §-1, 2]}", ["tuned.factors.1", "above 0, found -1"]),
    "tuned at no place": (
        "more",
        "tuned: {argument: §training.optimizer.momentum}",
        ["no variant has a number above 0"],
    ),
    "tuned beyond the range": (
        "model",
        f"model:\n  drop: {{Dropout: 0.4}}\n  {OUTPUT}\ntuned: {{argument: model.drop.rate, factors: §[0.5, 1, 3]}}",
        ["tuned.factors: 3 times the value of 'baseline'", "found 1.2"],
    ),
    "tuned by an unknown key": ("more", "tuned: {§factor: [1, 2, 3]}", ["unknown key", "did you mean 'factors'"]),
    # data
    "misspelt generator": (
        "data",
        "data:\n  points: {§make_moon: {}}\n  split: {train: 3, test: 7}",
        ["data.points: 'make_moon' is not a data source; did you mean 'make_moons'?"],
    ),
    "misspelt section": (
        "data",
        "data:\n  points: make_moons\n  §scal: {inputs: StandardScaler}\n  split: {train: 3, test: 7}",
        ["data.scal: neither a source nor a key of data; did you mean 'scale'?"],
    ),
    "no split": ("data", "data:\n  points: make_moons", ["data.split: missing"]),
    "no source": ("data", "§data:\n  split: {train: 3, test: 7}", ["no source; expected one such as"]),
    "split without test": ("data", "data:\n  points: make_moons\n  §split: {train: 3}", ["data.split.test: missing"]),
    "negative rows": (
        "data",
        "data:\n  points: make_moons\n  split: {train: §-3, test: 7}",
        ["positive number of rows"],
    ),
    "fraction over 1": ("data", "data:\n  points: make_moons\n  split: {train: §1.5, test: 7}", ["fraction up to 1.0"]),
    "more rows than there are": (
        "data",
        "data:\n  points: {make_moons: {n_samples: 90}}\n  split: {train: 30, test: §70}",
        ["30 + 70 rows are asked for, the source has 90"],
    ),
    "fractions add up": (
        "data",
        "data:\n  points: load_digits\n  split: {train: 0.8, test: §0.3}",
        ["fractions add up to 1.1"],
    ),
    "beginning of a name": (
        "data",
        "data:\n  points: make_moons\n  split: {train: 3, §val: 3, test: 7}",
        ["data.split.val: unknown key; did you mean 'validation'?"],
    ),
    "unknown slot in split": (
        "data",
        "data:\n  web: make_moons\n  phone: make_moons\n  split: {train: {§fone: 3}, test: {web: 7}}",
        ["there is no source 'fone'; did you mean 'phone'?"],
    ),
    "negative noise": (
        "data",
        "data:\n  points: {make_moons: {noise: §-1}}\n  split: {train: 3, test: 7}",
        ["data.points.noise: expected a number of at least 0, found -1"],
    ),
    "fresh rows that nobody can draw": (
        "data",
        "data:\n  points: load_iris\n  §split: {train: 3, test: 7}",
        ["data.split: load_iris gives every repeat the same rows in the same order", "expected shuffle: true"],
    ),
    "yes is text": (
        "data",
        "data:\n  points: make_moons\n  split: {train: 3, test: 7, shuffle: §yes}",
        ["expected true or false, found 'yes'; write true"],
    ),
    "misspelt scaler": (
        "data",
        "data:\n  points: make_moons\n  split: {train: 3, test: 7}\n  scale: {inputs: §StandartScaler}",
        ["data.scale.inputs: 'StandartScaler' is not a scaler; did you mean 'StandardScaler'?"],
    ),
    "wrong fit_on": (
        "data",
        "data:\n  points: make_moons\n  split: {train: 3, test: 7}\n  scale: {fit_on: §everything}",
        ["data.scale.fit_on: expected 'train' or 'all', found 'everything'"],
    ),
    "scaler that runs code": (
        "data",
        "data:\n  points: make_moons\n  split: {train: 3, test: 7}\n  scale: {inputs: {§FunctionTransformer: {}}}",
        ["FunctionTransformer cannot be used in a study: it runs code"],
    ),
    "rows and targets differ": (
        "data",
        "data:\n  points: {table: {x: [[0, 0], [1, 1]], y: §[0]}}\n  split: {train: 1, test: 1}",
        ["expected 2 targets for 2 rows, found 1"],
    ),
    "ragged table": (
        "data",
        "data:\n  points: {table: {x: §[[0, 0], [1]], y: [0, 1]}}\n  split: {train: 1, test: 1}",
        ["rows of numbers, all of one length"],
    ),
    "reads files": (
        "data",
        "data:\n  points: {§load_files: {container_path: /etc}}\n  split: {train: 1, test: 1}",
        ["load_files cannot be used in a study: it reads or writes files"],
    ),
    "no random data": (
        "data",
        "data:\n  points: {make_moons: {random_state: §null}}\n  split: {train: 1, test: 1}",
        ["data.points.random_state: expected an integer from 0", "found nothing"],
    ),
    # model
    "misspelt layer": ("model", "model:\n  hidden: {§Dens: 5}", ["'Dens' is not a layer; did you mean 'Dense'?"]),
    "misspelt argument": (
        "model",
        "model:\n  hidden: {Dense: {units: 5, §activatoin: relu}}",
        ["model.hidden.activatoin: not an argument of Dense; did you mean 'activation'?"],
    ),
    "missing argument": ("model", "model:\n  hidden: {§Dense: {activation: relu}}", ["Dense needs 'units'"]),
    "misspelt activation": (
        "model",
        "model:\n  hidden: {Dense: {units: 5, activation: §reluu}}",
        ["model.hidden.activation: 'reluu' is not an activation; did you mean 'relu'?"],
    ),
    "activation with arguments": (
        "model",
        "model:\n  hidden: {Dense: {units: 5, activation: {§leaky_relu: 0.1}}}",
        ["'leaky_relu' takes no arguments"],
    ),
    "half a unit": ("model", "model:\n  hidden: {Dense: {units: §0.5}}", ["expected a positive integer, found 0.5"]),
    "rate over 1": ("model", "model:\n  drop: {Dropout: §1.4}", ["model.drop.rate: expected a number from 0 to 1"]),
    "rate is not a number": ("model", "model:\n  drop: {Dropout: §.nan}", ["expected a number from 0 to 1, found nan"]),
    "wrong regularizer": (
        "model",
        "model:\n  hidden: {Dense: {units: 5, kernel_regularizer: {§L3: 0.1}}}",
        ["model.hidden.kernel_regularizer: 'L3' is not a regularizer", "'L2'"],
    ),
    "negative factor": (
        "model",
        "model:\n  hidden: {Dense: {units: 5, kernel_regularizer: {L2: §-0.1}}}",
        ["model.hidden.kernel_regularizer.l2: expected a number of at least 0, found -0.1"],
    ),
    "argument beside the class": (
        "model",
        "model:\n  drop: {Dropout: 0.4, §noise_shape: 3}",
        ["'noise_shape' is not a layer but an argument of Dropout; write {Dropout: {noise_shape: …}}"],
    ),
    "no class": ("model", "model:\n  hidden: {§units: 3}", ["expected a class name, such as {Dense: {units: 5}}"]),
    "two classes": ("model", "model:\n  hidden: §{Dense: 5, Dropout: 0.1}", ["one class name", "Dense, Dropout"]),
    "layer that runs code": (
        "model",
        "model:\n  hidden: {§Lambda: {function: 'lambda x: x'}}",
        ["Lambda cannot be used in a study: it runs code that is not in the study"],
    ),
    "layer that loads a model": ("model", "model:\n  hidden: {§TFSMLayer: {filepath: model}}", ["TFSMLayer cannot be"]),
    "python path": ("model", "model:\n  hidden: {§os.system: ls}", ["'os.system' is not a layer"]),
    "a seed": ("model", "model:\n  drop: {Dropout: {rate: 0.1, §seed: 3}}", ["cannot be set: every random draw"]),
    "bounds the wrong way round": (
        "model",
        "model:\n  hidden: {Dense: {units: 5, kernel_constraint: {MinMaxNorm: {min_value: 2, max_value: §1}}}}",
        ["max_value: expected min_value of at most max_value, found 2 and 1"],
    ),
    "a bound beyond the default of the other": (
        "model",
        "model:\n  hidden: {Dense: {units: 5, kernel_initializer: {RandomUniform: {minval: §0.5}}}}",
        ["minval: expected minval of at most maxval, found 0.5 and 0.05"],
    ),
    "no repeat": ("model", "model:\n  hidden: {Dense: 5, repeat: §0}", ["expected an integer from 1 to 1000, found 0"]),
    "huge repeat": ("model", "model:\n  hidden: {Dense: 5, repeat: §1000000000}", ["an integer from 1 to 1000"]),
    "unknown anchor": (
        "model",
        "model:\n  hidden: {Dense: 5}\n  drop: {Dropout: 0.1, after: §hiden}",
        ["model.drop.after: there is no layer 'hiden'; did you mean 'hidden'?"],
    ),
    "two anchors": (
        "model",
        "model:\n  hidden: {Dense: 5}\n  drop: {Dropout: 0.1, after: hidden, §before: hidden}",
        ["has both 'after' and 'before'"],
    ),
    "anchors in a circle": (
        "model",
        "model:\n  h: {Dense: 5}\n  a: {Dropout: 0.1, after: §b}\n  b: {Dropout: 0.1, after: a}",
        ["wait for each other's place"],
    ),
    "no activation": (
        "model",
        "model:\n  hidden: {Dense: 5}\n  noise: {GaussianNoise: 0.1, before: §hidden.activation}",
        ["'hidden' has no activation to stand before"],
    ),
    "one name twice": (
        "model",
        "model:\n  h: {Dense: 5, repeat: 2}\n  §h_1: {Dense: 5}",
        ["two layers are called 'h_1'"],
    ),
    "bad skip": (
        "model",
        "model:\n  b: {layers: {d: {Dense: 5}}, skip: §mul}",
        ["expected 'add' or 'none', found 'mul'"],
    ),
    "block in a block": (
        "model",
        "model:\n  b: {layers: {§c: {layers: {d: {Dense: 5}}}}}",
        ["a block cannot stand inside a block"],
    ),
    "empty model": ("model", "model: §{}", ["model: expected at least one entry"]),
    "list of layers": ("model", "model: §[Dense]", ["model: expected a mapping, found a list of 1"]),
    # training
    "misspelt optimizer": (
        "training",
        "training: {optimizer: §Adan, loss: mse, epochs: 1}",
        ["training.optimizer: 'Adan' is not an optimizer; did you mean 'Adam'?"],
    ),
    "misspelt loss": (
        "training",
        "training: {optimizer: adam, loss: §binary_crossentrpy, epochs: 1}",
        ["is not a loss; did you mean 'binary_crossentropy'?"],
    ),
    "misspelt metric": (
        "training",
        "training: {optimizer: adam, loss: mse, metrics: [§acuracy], epochs: 1}",
        ["training.metrics.0: 'acuracy' is not a metric; did you mean 'accuracy'?"],
    ),
    "misspelt training key": (
        "training",
        "training: {optimizer: adam, loss: mse, epochs: 1, §epoch: 2}",
        ["training.epoch: unknown key; did you mean 'epochs'?"],
    ),
    "no optimizer": ("training", "§training: {loss: mse, epochs: 1}", ["training.optimizer: missing", "Example: Adam"]),
    "no batch": (
        "training",
        "training: {optimizer: adam, loss: mse, epochs: 1, batch_size: §0}",
        ["training.batch_size: expected a positive integer or 'all', found 0"],
    ),
    "old argument name": (
        "training",
        "training: {optimizer: {Adam: {§lr: 0.1}}, loss: mse, epochs: 1}",
        ["training.optimizer.lr: not an argument of Adam; did you mean 'learning_rate'?"],
    ),
    "a number between quotes": (
        "training",
        "training: {optimizer: {Adam: {learning_rate: §'0.1'}}, loss: mse, epochs: 1}",
        ["expected a number greater than 0, or a schedule, found '0.1'; write 0.1 without quotes"],
    ),
    "an integer between quotes": (
        "training",
        "training: {optimizer: Adam, loss: mse, epochs: §'5'}",
        ["found '5'; write 5 without quotes"],
    ),
    "a truth between quotes": (
        "training",
        "training: {optimizer: Adam, loss: mse, epochs: 5, shuffle: §'true'}",
        ["write true without quotes"],
    ),
    "a metric with a number for each output": (
        "training",
        "training: {optimizer: Adam, loss: mse, epochs: 5, metrics: [{R2Score: {class_aggregation: §null}}]}",
        ["expected 'uniform_average' or 'variance_weighted_average', found nothing"],
    ),
    "a float of epochs": ("training", "training: {optimizer: adam, loss: mse, epochs: §1e3}", ["write 1000"]),
    "one metric": (
        "training",
        "training: {optimizer: adam, loss: mse, epochs: 1, metrics: §accuracy}",
        ["expected a list, found 'accuracy'; write [accuracy]"],
    ),
    "negative rate": (
        "training",
        "training: {optimizer: {SGD: §-0.1}, loss: mse, epochs: 1}",
        ["training.optimizer.learning_rate: expected a number greater than 0, or a schedule, found -0.1"],
    ),
    "misspelt schedule": (
        "training",
        "training: {optimizer: {SGD: {learning_rate: {§CosineDekay: 1}}}, loss: mse, epochs: 1}",
        ["is not a learning-rate schedule; did you mean 'CosineDecay'?"],
    ),
    "two clippings": (
        "training",
        "training: {optimizer: {SGD: {clipnorm: 1.0, §clipvalue: 1.0}}, loss: mse, epochs: 1}",
        ["write them as steps of training.gradients"],
    ),
    "schedule and plateau": (
        "training",
        "training:\n  optimizer: {SGD: {CosineDecay: {initial_learning_rate: 0.1, decay_steps: 9}}}\n  loss: mse\n"
        "  epochs: 1\n  validate_on: test\n  callbacks: {§p: ReduceLROnPlateau}",
        ["cannot change a learning rate that follows a schedule"],
    ),
    "unknown gradient step": (
        "training",
        "training: {optimizer: adam, loss: mse, epochs: 1, gradients: {cut: {§clipvalues: 1}}}",
        ["'clipvalues' is not a gradient step; did you mean 'clipvalue'?"],
    ),
    "validation without a split": (
        "training",
        "training: {optimizer: adam, loss: mse, epochs: 1, validate_on: §validation}",
        ["training.validate_on: 'validation' needs data.split.validation"],
    ),
    "monitor without validation": (
        "training",
        "training: {optimizer: adam, loss: mse, epochs: 1, callbacks: {s: {EarlyStopping: §val_loss}}}",
        ["'val_loss' is not recorded, because training.validate_on is 'none'"],
    ),
    "default monitor without validation": (
        "training",
        "training: {optimizer: adam, loss: mse, epochs: 1, callbacks: {s: {§EarlyStopping: {patience: 3}}}}",
        ["'val_loss' is not recorded, because training.validate_on is 'none'"],
    ),
    "monitor that is no metric": (
        "training",
        "training:\n  optimizer: adam\n  loss: mse\n  epochs: 1\n  validate_on: test\n"
        "  callbacks: {s: {EarlyStopping: §val_lss}}",
        ["'val_lss' is not recorded; did you mean 'val_loss'?"],
    ),
    "wrong mode": (
        "training",
        "training:\n  optimizer: adam\n  loss: mse\n  epochs: 1\n  validate_on: test\n"
        "  callbacks: {s: {EarlyStopping: {monitor: val_loss, mode: §max}}}",
        ["'val_loss' is better when it is lower, so mode 'max' is wrong"],
    ),
    "callback with a path": (
        "training",
        "training:\n  optimizer: adam\n  loss: mse\n  epochs: 1\n  validate_on: test\n"
        "  callbacks: {s: {ModelCheckpoint: {§filepath: best.keras}}}",
        ["cannot be set: the best weights are kept in memory"],
    ),
    "callback with a function": (
        "training",
        "training: {optimizer: adam, loss: mse, epochs: 1, callbacks: {s: {§LambdaCallback: {}}}}",
        ["LambdaCallback cannot be used in a study"],
    ),
    "negative patience": (
        "training",
        "training: {optimizer: adam, loss: mse, epochs: 1, callbacks: {s: {EarlyStopping: {patience: §-1}}}}",
        ["training.callbacks.s.patience: expected an integer of at least 0, found -1"],
    ),
    # record, freeze, pretrain
    "unknown record": ("more", "record: [§weight_norms]", ["cannot be recorded; did you mean 'weight_norm'?"]),
    "until what": ("more", "record: [{epochs_until: {§test_acuracy: 0.8}}]", ["did you mean 'test_accuracy'?"]),
    "shares without their word": ("more", "record: [§ablation]", ["is written as {ablation: [0.5]}"]),
    "a share of everything": (
        "more",
        "record: [{ablation: [0.5, §1.0]}]",
        ["record.0.ablation.1: expected a number between"],
    ),
    "no shares": ("more", "record: [{ablation: §[]}]", ["expected a list such as {ablation: [0.5]}"]),
    "no noise": ("more", "record: [{disturbed_inputs: [§0]}]", ["expected a number greater than 0, found 0"]),
    "two words in one": (
        "more",
        "record: [§{ablation: [0.5], disturbed_inputs: [1]}]",
        ["expected a word or one of {epochs_until: {metric: value}}, {ablation: [0.5]}"],
    ),
    "units of a convolution": (
        "variants",
        "variants:\n  a: {record: [{§ablation: [0.5]}], "
        "model: {conv: {Conv1D: {filters: 1, kernel_size: 2, activation: sigmoid}}}}",
        ["record.0.ablation: the last layer with a kernel has to be a Dense layer"],
    ),
    "until not watched": (
        "more",
        "record: [{epochs_until: {§validation_loss: 1}}]",
        ["training.validate_on is 'test'"],
    ),
    "unknown frozen layer": ("more", "freeze: [§hiden]", ["there is no layer 'hiden'; did you mean 'hidden'?"]),
    "pretrain path": (
        "more",
        "pretrain: {§data.point.random_state: 2}",
        ["pretrain.data.point.random_state: there is no 'point'; did you mean 'points'?"],
    ),
    "pretrain value": (
        "more",
        "pretrain: {data.points.random_state: §-2}",
        ["data.points.random_state: expected an integer from 0 to 4294967295, found -2"],
    ),
    # variants
    "unknown from": (
        "variants",
        V + "  a: {from: §basline}",
        ["there is no variant 'basline'; did you mean 'baseline'?"],
    ),
    "from in a circle": (
        "variants",
        "variants:\n  a: {from: b}\n  b: {from: §c}\n  c: {from: b}",
        ["start from each other: b → c → b"],
    ),
    "path to nowhere": (
        "variants",
        V + "  a: {§model.hiden.units: 3}",
        ["there is no 'hiden'; did you mean 'hidden'?"],
    ),
    "argument to nowhere": (
        "variants",
        V + "  a: {§model.hidden.unit: 3}",
        ["model.hidden.unit: not an argument of Dense; did you mean 'units'?"],
    ),
    "path through nothing": (
        "variants",
        V + "  a: {§model.hidden.kernel_regularizer.l2: 3}",
        ["nothing is there yet, so there is no 'l2'"],
    ),
    "path with the class": ("variants", V + "  a: {§model.hidden.Dense.units: 3}", ["leave 'Dense' out"]),
    "path below a number": ("variants", V + "  a: {§training.epochs.more: 3}", ["nothing lies below a plain value"]),
    "two dots": ("variants", V + "  a: {§model..units: 3}", ["single dots"]),
    "unknown section": ("variants", V + "  a: {§modl.hidden.units: 3}", ["did you mean 'model'?"]),
    "wrong value": ("variants", V + "  a: {training.epochs: §many}", ["expected an integer, found 'many'"]),
    "removes what is not there": ("variants", V + "  a: {§model.drop: null}", ["there is no 'drop' to remove"]),
    "no such repeat": (
        "variants",
        V + "  a: {model.hidden.repeat: 3, §model.hidden_4.units: 3}",
        ["there is no 'hidden_4'; 'hidden' is repeated 3 times"],
    ),
    "nowhere at all": ("variants", V + "  a: {§model.*.rate: 0.1}", ["no layer has 'rate'"]),
    "misspelt setting": ("variants", V + "  a: {§form: baseline}", ["variants.a.form", "did you mean 'from'?"]),
    "setting of other tools": ("variants", V + "  a: {§base: baseline}", ["did you mean 'from'?"]),
    "key without its section": ("variants", V + "  a: {§epochs: 3}", ["did you mean 'training.epochs'?"]),
    "key of the data without its section": ("variants", V + "  a: {§split: 3}", ["did you mean 'data.split'?"]),
    "argument of the optimizer without its path": (
        "variants",
        V + "  a: {§learning_rate: 0.1}",
        ["did you mean 'training.optimizer.learning_rate'?"],
    ),
    "grid left empty": ("variants", V + "  a: {grid: §null}", ["expected at least one axis, found nothing"]),
    "grid of nothing": ("variants", V + "  a: {grid: §{}}", ["expected at least one axis"]),
    "axis without values": (
        "variants",
        V + "  a: {grid: {n: {model.hidden.units: §[]}}}",
        ["expected a list of values", "found an empty list"],
    ),
    "axis without a path": (
        "variants",
        V + "  a: {grid: {n: §[1, 2]}}",
        ["grid.n: expected {dotted path: [values]}"],
    ),
    "axis over nothing": (
        "variants",
        V + "  a: {grid: {n: {§model.hidden.unit: [1, 2]}}}",
        ["not an argument of Dense; did you mean 'units'?"],
    ),
    "wrong value in a grid": (
        "variants",
        V + "  a: {grid: {n: {model.hidden.units: [1, §0]}}}",
        ["expected a positive integer, found 0"],
    ),
    "paths of different length": (
        "variants",
        V + "  a: {grid: {n: §{model.hidden.units: [1, 2], training.epochs: [1]}}}",
        ["equally many values, model.hidden.units has 2, training.epochs has 1"],
    ),
    "grid of too many points": (
        "variants",
        V
        + "  a:\n    grid: §{{a: {{training.epochs: {0}}}, b: {{model.hidden.units: {0}}}}}".format(
            list(range(1, 102))
        ),
        ["the grid has 10,201 points; at most 10,000 are allowed"],
    ),
    "two points of one name": (
        "variants",
        V + "  §a: {grid: {n: {model.hidden.units: [1, 1]}}}",
        ["two points of the grid are called 'a[n=1]'"],
    ),
    "two points that agree in six digits": (
        "variants",
        V + "  §a: {grid: {n: {training.optimizer.learning_rate: [0.1234567, 0.12345671]}}}",
        ["two points of the grid are called 'a[n=0.123457]'; values that agree in six digits need labels"],
    ),
    "an axis of odd name": (
        "variants",
        V + "  a: {grid: {§n.m: {training.epochs: [1]}}}",
        ["expected a name of an axis of letters"],
    ),
    "an empty label": (
        "variants",
        V + "  a: {grid: {n: {training.epochs: {'': §1}}}}",
        ["a label of 1 to 200 characters, found ''; write {label: value}"],
    ),
    "a label of a million characters": (
        "variants",
        V + f"  a: {{grid: {{n: {{training.epochs: {{? {'x' * 200_000} : §1}}}}}}}}",
        ["a label of 1 to 200 characters, found 'xxx"],
    ),
    "a long value without a label": (
        "variants",
        V + f"  a: {{grid: {{n: {{data.multiply.inputs: [§{[1] * 200}]}}}}}}",
        ["a label of 1 to 200 characters", "write {label: value}"],
    ),
    "a long name": ("variants", f"variants:\n  §{'x' * 101}: {{}}", ["a variant name of at most 100 characters"]),
    "a name of a device": ("variants", "variants:\n  §con: {}", ["'con' is the name of a device on Windows"]),
    "another name of a device": ("variants", "variants:\n  §LPT9: {}", ["'LPT9' is the name of a device on Windows"]),
    "names that differ in letter case": (
        "variants",
        V + "  §Baseline: {}",
        ["'baseline' and 'Baseline' differ only in letter case"],
    ),
    "labels that differ in letter case": (
        "variants",
        V + "  §a: {grid: {n: {training.optimizer: {Adam: Adam, adam: SGD}}}}",
        ["'a[n=Adam]' and 'a[n=adam]' differ only in letter case"],
    ),
    "more runs than a machine can hold": (
        "variants",
        "variants:\n  §a:\n    repeats: 10000\n"
        "    grid: {{x: {{training.epochs: {0}}}, y: {{model.hidden.units: {0}}}}}".format(list(range(1, 101))),
        ["10,000 × 10,000 × 2", "the study has 200,000,000 runs; at most 2,000,000 are allowed"],
    ),
    "more runs in all": (
        "variants",
        "variants:\n" + "".join(f"  {'§' * (i == 100)}v{i}: {{repeats: 10000}}\n" for i in range(120)),
        ["variants.v100: with these", "the study has 2,020,000 runs"],
    ),
    "a part of a model in place of the whole": (
        "variants",
        V + "  a: {§model: {hidden: {Dense: 7}}}",
        ["a section is replaced whole, so 'output' would be gone; write model.hidden to change", "model.output: null"],
    ),
    "a part of the callbacks in place of all": (
        "variants",
        V + "  a: {training.callbacks: {s: TerminateOnNaN, t: TerminateOnNaN}}\n"
        "  b: {from: a, §training.callbacks: {t: TerminateOnNaN}}",
        ["'s' would be gone; write training.callbacks.t"],
    ),
    # claims and published figures
    "claim without a sentence": ("claims", "claims:\n  - §expect: baseline.test_loss < 1", ["claims.0.says: missing"]),
    "claim that stops": (
        "claims",
        "claims:\n  - {says: Well., expect: baseline.test_loss >§}",
        ["claims.0.expect: expected", "found the end of the claim"],
    ),
    "claim about no variant": (
        "claims",
        "claims:\n  - {says: Well., expect: §basline.test_loss < 1}",
        ["there is no variant 'basline'; did you mean 'baseline'?"],
    ),
    "claim about no metric": (
        "claims",
        "claims:\n  - {says: Well., expect: §baseline.test_acuracy > 1}",
        ["did you mean 'test_accuracy'?"],
    ),
    "claim about what record lacks": (
        "claims",
        "claims:\n  - {says: Well., expect: §baseline.dead_units.hidden < 1}",
        ["'baseline' has no metric 'dead_units.hidden'; add dead_units to its record"],
    ),
    "published for no variant": (
        "claims",
        "published:\n  - {variant: §basline, by: me, test_loss: 1}",
        ["published.0.variant: there is no variant 'basline'; did you mean 'baseline'?"],
    ),
    "published text": (
        "claims",
        "published:\n  - {variant: baseline, by: me, test_loss: §low}",
        ["published.0.test_loss: expected a number, found 'low'"],
    ),
    "published without a figure": (
        "claims",
        "published:\n  - §{variant: baseline, by: me}",
        ["expected a metric with its value"],
    ),
    "published metric": (
        "claims",
        "published:\n  - {variant: baseline, by: me, §test_los: 1}",
        ["published.0.test_los", "did you mean 'test_loss'?"],
    ),
    # YAML itself
    "duplicate key": ("more", "repeats: 3\n§repeats: 4", ["'repeats' is written twice"]),
    "anchor": ("more", "repeats: §&many 3", ["anchors are not allowed, found '&many'"]),
    "tag": ("more", "repeats: §!!python/object/apply:os.system [ls]", ["tags are not allowed"]),
    "second document": ("claims", "§---\ntitle: Another", ["expected one document"]),
    "merge key": ("more", "diagnosis: {§<<: {metric: accuracy}}", ["expected a name as key, found '<<'"]),
    "list as key": ("more", "? §[a]\n: 1", ["expected a name as key, found a mapping or a list"]),
    "unclosed bracket": ("claims", "claims: [§}", ["not valid YAML"]),
    "control character": ("more", "about: §\x07", ["control character"]),
    "escaped control character": ("more", 'question: §"\\e]0;x\\a"', ["control character '\\x1b'"]),
    "text in another order": ("more", 'question: §"\\u202Eabc"', ["control character '\\u202e'"]),
    "escape in a key": ("more", '§"\\e[2J": 1', ["control character '\\x1b'"]),
    "huge number": ("more", f"repeats: §{'9' * 5000}", ["at most 64 bits"]),
}


def metric(text):
    return f"training: {{optimizer: adam, loss: mse, epochs: 1, metrics: [{text}]}}"


STORED = (
    "file",
    "allow_pickle",
    "repeat",
    "hash",
    "epochs",
    "loss",
    "learning_rate",
    "weight_norm",
    "mse_original",
)


@pytest.mark.parametrize("name", [*STORED, "val_loss", "val_mae"])
def test_a_metric_with_the_name_of_something_else_is_refused(name):
    found = problems_of(study_text(training=metric(f"{{MeanAbsoluteError: {{name: {name}}}}}")))
    (message,) = [message for _, message in found if "metrics.0.name" in message]
    assert f"{name!r} is stored for something else; choose another name" in message


@pytest.mark.parametrize("name", ["grid.x", "a b", "'1'", '"\\u2028"', "'a\u0085b'", "ä", "''", "x" * 101])
def test_a_metric_name_that_is_no_plain_word_is_refused(name):
    found = problems_of(study_text(training=metric(f"{{MeanAbsoluteError: {{name: {name}}}}}")))
    assert [message for _, message in found if message.startswith("training.metrics.0.name: expected a metric name of")]


@pytest.mark.parametrize(
    "metrics", ["mae, mae", "mae, {AUC: {name: mae}}", "mae, {AUC: {name: MAE}}", "AUC, {AUC: {curve: PR}}"]
)
def test_two_metrics_of_one_name_are_refused(metrics):
    found = problems_of(study_text(training=metric(metrics)))
    assert [message for _, message in found if message.startswith("training.metrics.1: two metrics are called")]


def test_a_metric_with_the_name_of_the_loss_is_the_loss_or_refused():
    assert not problems_of(study_text(training=metric("mse")))
    assert not problems_of(study_text(training=metric("{MeanSquaredError: {name: mse}}")))
    assert problems_of(study_text(training=metric("{MeanAbsoluteError: {name: mse}}")))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("F1Score", "F1Score is one number for each class; write average: macro"),
        ("f1_score", "f1_score is one number for each class"),
        ("f_beta_score", "f_beta_score is one number for each class"),
        ("{FBetaScore: {beta: 2.0}}", "FBetaScore is one number for each class"),
        ("{F1Score: {average: null}}", "F1Score is one number for each class"),
        ("{Precision: {thresholds: [0.3, 0.7]}}", "Precision is one number for each threshold"),
        ("{Recall: {thresholds: [0.3, 0.7]}}", "Recall is one number for each threshold"),
        ("{TruePositives: {thresholds: [0.3, 0.7]}}", "TruePositives is one number for each threshold"),
    ],
)
def test_a_metric_of_several_numbers_is_refused(text, words):
    found = problems_of(study_text(training=metric(text)))
    assert [message for _, message in found if message.startswith(f"training.metrics.0: {words}")], found


@pytest.mark.parametrize(
    "text",
    [
        "{F1Score: {average: macro}}",
        "{R2Score: {}}",
        "{Precision: {thresholds: [0.5]}}",
        "{Precision: {thresholds: 0.5}}",
        "{AUC: {thresholds: [0.3, 0.7]}}",
    ],
)
def test_a_metric_of_one_number_is_fine(text):
    assert not problems_of(study_text(training=metric(text)))


def _place_and_text(section: str, marked: str) -> tuple[str, str]:
    text = study_text(**{section: marked})
    before, mark, after = text.partition(MARK)
    if not mark:
        return "", text
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}", before + after


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_config_is_refused_at_its_place_with_helpful_words(name):
    section, marked, words = WRONG[name]
    place, text = _place_and_text(section, marked)
    found = problems_of(text)
    here = [message for where, message in found if where == place or not place]
    assert any(all(word in message for word in words) for message in here), (place, found)
    assert len(found) <= 3, "one mistake should not hide behind many messages"


def test_there_are_at_least_fifty_wrong_configs():
    assert len(WRONG) >= 50


HOPELESS = {
    "empty": (b"", "1:1", "the file is empty"),
    "only a comment": (b"# nothing\n", "1:1", "the file is empty"),
    "a scalar": (b"hello", "1:1", "expected a study"),
    "a list": (b"- title", "1:1", "expected a study"),
    "binary": (b"title: ok\n\x89PNG\r\n\x1a\n\xff\xfe", "2:1", "UTF-8"),
    "utf-16": ("title: ok".encode("utf-16"), "1:1", "UTF-8"),
    "huge": (b"#" * (LARGEST_FILE + 1), "1:1", "1,000,000"),
    "nested": (b"title: " + b"[" * 60, "1:57", "nested more than 50 levels deep"),
    "deeply nested": (b"[" * 500_000, "1:51", "nested more than 50 levels deep"),
    "billion laughs": (b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "1:4", "anchors are not allowed"),
    "alias as key": (b"*a : 1", "1:1", "aliases are not allowed"),
    "tab": (b"data:\n\tpoints: 1", "2:1", "expected spaces for the indentation, found a tab"),
    "no colon after another key": (
        b"a:\n  b: 1\n  epochs 4\n  loss: mse",
        "3:3",
        "expected 'key: value', found 'epochs 4'",
    ),
    "no colon": (b"training:\n  epochs 4\n  loss: mse", "2:3", "expected 'key: value', found 'epochs 4'"),
    "colon in a value": (b"title: Dropout: a study", "1:15", "expected quotes around the whole value"),
    "indented too far": (b"a:\n  b: 1\n   c: 2", "3:4", "indented like those above it"),
    "indented too little": (b"a:\n  b: 1\n c: 2", "3:2", "indented like the first one of its mapping, 1:1"),
    "bracket left open": (b"a: {b: 1\nc: 2", "2:2", "that begins in line 1"),
}


@pytest.mark.parametrize("name", HOPELESS)
def test_a_file_that_cannot_be_read_is_refused_with_its_place(name):
    content, place, words = HOPELESS[name]
    assert any(where == place and words in message for where, message in problems_of(content)), problems_of(content)


def test_all_problems_are_reported_at_once_in_file_order():
    text = study_text(
        data="data:\n  points: {make_moon: {}}\n  split: {train: 3, test: -7}",
        model="model:\n  hidden: {Dense: {unitz: 5}}",
        training="training: {optimizer: Adan, loss: mse, epochs: 0}",
        variants="variants:\n  a: {from: nothing}\n  b: {§x: 1}".replace("§", ""),
    )
    found = problems_of(text)
    lines = [int(place.partition(":")[0]) for place, _ in found]
    assert lines == sorted(lines)
    for words in (
        "make_moon",
        "positive number of rows",
        "'units'",
        "Adan",
        "at least 1",
        "'nothing'",
        "there is no 'x'",
    ):
        assert any(words in message for _, message in found), words


def test_a_problem_of_the_base_is_reported_once_and_not_for_each_variant():
    found = problems_of(
        study_text(
            model="model:\n  hidden: {Dense: {units: -5}}",
            variants="variants:\n  a: {}\n  b: {training.epochs: 3}\n  c: {grid: {n: {training.epochs: [1, 2]}}}",
        )
    )
    assert len(found) == 1


SETS = {
    "no value": ("training.epochs", "expected PATH=VALUE"),
    "no such path": ("model.drop.rate=0.5", "there is no 'drop'"),
    "wrong value": ("training.epochs=many", "expected an integer, found 'many'"),
    "broken YAML": ("training.epochs=[1", "not valid YAML"),
}


@pytest.mark.parametrize("name", SETS)
def test_a_wrong_change_from_the_command_line_is_refused_as_such(name):
    change, words = SETS[name]
    (problem,) = problems_of(study_text(), sets=(change,))
    assert problem[0].startswith("1:")
    assert words in problem[1]
